"""Convolution against independent identities, with whole numbers and ==."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import conv, convolutions, exact, integers

from cnngrad.exercise.exercise import LayerExercise
from cnngrad.numbers.kinds import Array
from cnngrad.ops.conv.layer import Conv

EXAMPLES = settings(max_examples=20)
NAMES = ("Z", "dA", "dW", "db")


def same(left: LayerExercise[Conv], right: LayerExercise[Conv], names: tuple[str, ...] = NAMES) -> None:
    """Both exercises have the same results."""
    ours, theirs = left.solve(), right.solve()
    for name in names:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_by_hand() -> None:
    exercise = conv(np.arange(1.0, 10).reshape(3, 3), np.array([[1.0, 0], [2, -1]]), dZ=np.array([[1.0, 2], [3, 4]]))
    results = exercise.solve()
    assert results["Z"].tolist() == [[4, 6], [10, 12]]  # 1*1 + 2*0 + 4*2 - 5 = 4
    assert results["dW"].tolist() == [[37, 47], [67, 77]]  # 1*1 + 2*2 + 3*4 + 4*5 = 37
    assert results["dA"].tolist() == [[1, 2, 0], [5, 7, -2], [6, 5, -4]]  # centre: -1 + 4 + 0 + 4 = 7
    assert results["db"] == 1 + 2 + 3 + 4


def test_the_output_size_of_the_lesson() -> None:
    # (H - k1 + 1) x (W - k2 + 1)
    assert conv(integers((7, 9)), integers((3, 2))).solve()["Z"].shape == (7 - 3 + 1, 9 - 2 + 1)


def test_the_lesson_by_hand_in_its_own_symbols() -> None:
    A, W, d = integers((3, 3), 1), integers((2, 2), 2), integers((2, 2), 3)
    results = conv(A, W, dZ=d).solve()
    # dw11 = x11*d11 + x12*d12 + x21*d21 + x22*d22, dx11 = d11*w11
    assert results["dW"][0, 0] == A[0, 0] * d[0, 0] + A[0, 1] * d[0, 1] + A[1, 0] * d[1, 0] + A[1, 1] * d[1, 1]
    assert results["dA"][0, 0] == d[0, 0] * W[0, 0]


@EXAMPLES
@given(convolutions())
def test_the_laws_hold(exercise: LayerExercise[Conv]) -> None:
    laws = exercise.laws(exercise.solve())
    assert [law.name for law in laws] == ["<A,dA> = <dZ,Z-b>", "<W,dW> = <dZ,Z-b>", "sum(db) = sum(dZ)"]
    assert all(law.left == law.right for law in laws)


@EXAMPLES
@given(convolutions(), st.data())
def test_central_differences_with_step_one_are_exact(exercise: LayerExercise[Conv], data: st.DataObject) -> None:
    # Z is linear in each of A, W and b, so (L(x + 1) - L(x - 1))/2 is the derivative itself.
    results = exercise.solve()
    for name in ("A", "W", "b"):
        array = exercise.given[name]
        index = tuple(data.draw(st.integers(0, size - 1)) for size in array.shape)
        step = np.zeros(array.shape)
        step[index] = 1
        up, down = (exercise.loss({**exercise.given, name: array + sign * step}) for sign in (1, -1))
        assert (up - down) / 2 == results[f"d{name}"][index]


@EXAMPLES
@given(convolutions())
def test_linear_in_the_input(exercise: LayerExercise[Conv]) -> None:
    other = integers(exercise.A.shape, 77)
    both, one, two = (
        exercise.layer.forward(A, exercise.parameters["W"], 0 * exercise.parameters["b"])
        for A in (exercise.A + 3 * other, exercise.A, other)
    )
    np.testing.assert_array_equal(both, one + 3 * two)


@EXAMPLES
@given(convolutions(transposed=False))
def test_padding_is_an_explicit_pad_and_then_valid(exercise: LayerExercise[Conv]) -> None:
    assert exercise.dZ is not None
    axes = exercise.layer.windows.axes
    how = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[axes[0].mode]
    pairs = [(0, 0), (0, 0), *((axis.before, axis.after) for axis in axes)]
    padded = np.pad(exercise.A, pairs, mode=how)  # type: ignore[call-overload]
    valid = conv(
        padded, exercise.parameters["W"], exercise.parameters["b"], exercise.dZ, layout=exercise.layer.layout.letters,
        stride=tuple(a.stride for a in axes), dilation=tuple(a.dilation for a in axes),
        groups=exercise.layer.channels.groups, flip_kernel=axes[0].flip,
    )  # fmt: skip
    same(exercise, valid, ("Z", "dW", "db"))


@EXAMPLES
@given(convolutions())
def test_the_batch_adds_up(exercise: LayerExercise[Conv]) -> None:
    assert exercise.dZ is not None
    whole = exercise.solve()
    parts = [
        replace(exercise, A=exercise.A[n : n + 1], dZ=exercise.dZ[n : n + 1]).solve() for n in range(len(exercise.A))
    ]
    for name in ("Z", "dA"):
        np.testing.assert_array_equal(whole[name], np.concatenate([part[name] for part in parts]))
    for name in ("dW", "db"):
        np.testing.assert_array_equal(whole[name], sum(part[name] for part in parts))


@EXAMPLES
@given(convolutions())
def test_exact_numbers_take_the_same_way(exercise: LayerExercise[Conv]) -> None:
    assert exercise.dZ is not None
    parameters = {name: exact(array) for name, array in exercise.parameters.items()}
    fractions = replace(exercise, A=exact(exercise.A), parameters=parameters, dZ=exact(exercise.dZ))
    assert all(array.dtype == object for array in fractions.solve().values())
    same(exercise, fractions)


@EXAMPLES
@given(convolutions(transposed=False, mode="zeros"))
def test_transposed_is_the_adjoint(exercise: LayerExercise[Conv]) -> None:
    axes = exercise.layer.windows.axes
    assert exercise.dZ is not None
    extra = tuple(
        a.size + a.before + a.after - ((a.outputs - 1) * a.stride + a.dilation * (a.window - 1) + 1) for a in axes
    )
    if any(e >= max(a.stride, a.dilation) for e, a in zip(extra, axes, strict=True)):
        return  # cells that no window reads: not an output size that output_padding can give
    back = conv(
        exercise.dZ, exercise.parameters["W"], dZ=exercise.A, layout=exercise.layer.layout.letters, transposed=True,
        stride=tuple(a.stride for a in axes), dilation=tuple(a.dilation for a in axes), output_padding=extra,
        padding=tuple((a.before, a.after) for a in axes), flip_kernel=axes[0].flip,
        groups=exercise.layer.channels.groups,
    ).solve()  # fmt: skip
    forward = exercise.layer.forward(exercise.A, exercise.parameters["W"], 0 * exercise.parameters["b"])
    results = exercise.solve()
    assert (forward * exercise.dZ).sum() == (exercise.A * back["Z"]).sum()
    np.testing.assert_array_equal(back["Z"], results["dA"])
    np.testing.assert_array_equal(back["dA"], forward)
    np.testing.assert_array_equal(back["dW"], results["dW"])


def test_transposed_inserts_zeros_and_slides_the_turned_kernel() -> None:
    A, W = integers((3, 3), 1), integers((2, 2), 2)
    stretched = np.zeros((5, 5))
    stretched[::2, ::2] = A
    full = conv(np.pad(stretched, 1), np.flip(W).copy()).solve()["Z"]
    np.testing.assert_array_equal(conv(A, W, stride=2, transposed=True).solve()["Z"], full)


def test_groups_are_a_block_diagonal_kernel() -> None:
    A, W, dZ = integers((2, 4, 5, 5), 1), integers((6, 2, 2, 2), 2), integers((2, 6, 4, 4), 3)
    dense = np.zeros((6, 4, 2, 2))
    dense[:3, :2], dense[3:, 2:] = W[:3], W[3:]
    grouped = conv(A, W, dZ=dZ, groups=2, layout="NCHW").solve()
    whole = conv(A, dense, dZ=dZ, layout="NCHW").solve()
    for name in ("Z", "dA", "db"):
        np.testing.assert_array_equal(grouped[name], whole[name])
    np.testing.assert_array_equal(grouped["dW"][:3], whole["dW"][:3, :2])
    np.testing.assert_array_equal(grouped["dW"][3:], whole["dW"][3:, 2:])


def test_dilation_is_zeros_in_the_kernel() -> None:
    A, W, dZ = integers((8, 9), 1), integers((3, 2), 2), integers((4, 6), 3)
    spread = np.zeros((5, 4))
    spread[::2, ::3] = W
    dilated = conv(A, W, dZ=dZ, dilation=(2, 3)).solve()
    whole = conv(A, spread, dZ=dZ).solve()
    np.testing.assert_array_equal(dilated["Z"], whole["Z"])
    np.testing.assert_array_equal(dilated["dA"], whole["dA"])
    np.testing.assert_array_equal(dilated["dW"], whole["dW"][::2, ::3])


def test_stride_is_every_other_output() -> None:
    A, W, dZ = integers((8, 9), 1), integers((3, 2), 2), integers((3, 3), 3)
    sparse = np.zeros((6, 8))
    sparse[::2, ::3] = dZ
    strided = conv(A, W, dZ=dZ, stride=(2, 3)).solve()
    whole = conv(A, W, dZ=sparse).solve()
    np.testing.assert_array_equal(strided["Z"], whole["Z"][::2, ::3])
    np.testing.assert_array_equal(strided["dA"], whole["dA"])
    np.testing.assert_array_equal(strided["dW"], whole["dW"])


def test_flip_kernel_is_true_convolution() -> None:
    a, w = integers((9,), 1), integers((4,), 2)
    np.testing.assert_array_equal(conv(a, w, flip_kernel=True).solve()["Z"], np.convolve(a, w, mode="valid"))


@pytest.mark.parametrize(("letters", "kernel"), [("NHWC", (2, 3, 1, 0)), ("NCHW", (0, 1, 2, 3))], ids=["NHWC", "NCHW"])
def test_layouts_agree(letters: str, kernel: tuple[int, ...]) -> None:
    A, W, b, dZ = integers((2, 3, 5, 6), 1), integers((4, 3, 2, 2), 2), integers((4,), 3), integers((2, 4, 4, 5), 4)
    planes = tuple("NCHW".index(letter) for letter in letters)
    reference = conv(A, W, b, dZ, layout="NCHW").solve()
    arranged = conv(
        A.transpose(planes), W.transpose(kernel), b, dZ.transpose(planes), layout=letters
    ).solve()  # fmt: skip
    for name in ("Z", "dA"):
        np.testing.assert_array_equal(arranged[name], reference[name].transpose(planes))
    np.testing.assert_array_equal(arranged["dW"], reference["dW"].transpose(kernel))


def test_missing_axes_are_axes_of_length_one() -> None:
    A, W, dZ = integers((5, 6), 1), integers((2, 3), 2), integers((4, 4), 3)
    plain = conv(A, W, dZ=dZ).solve()
    full = conv(A[None, None], W[None, None], dZ=dZ[None, None], layout="NCHW").solve()
    single = conv(A[..., None], W[..., None], dZ=dZ[..., None], layout="HWC").solve()
    for name, extra in (("Z", (0, 0)), ("dA", (0, 0)), ("dW", (0, 0))):
        np.testing.assert_array_equal(plain[name], full[name][extra])
        np.testing.assert_array_equal(plain[name], single[name][..., 0])


def test_a_single_filter_of_a_transposed_kernel_leaves_out_its_own_axis() -> None:
    A, W = integers((3, 4, 4), 1), integers((3, 2, 2), 2)
    single = conv(A, W, transposed=True, layout="CHW").solve()
    whole = conv(A, W[:, None], transposed=True, layout="CHW").solve()
    np.testing.assert_array_equal(single["Z"], whole["Z"])
    np.testing.assert_array_equal(single["dW"], whole["dW"][:, 0])


def test_db_has_the_shape_of_b() -> None:
    A, W = integers((2, 4, 4, 3), 1), integers((2, 2, 3, 8), 2)
    assert conv(A, W, integers((8,))).solve()["db"].shape == (8,)
    assert conv(A, W, integers((1, 1, 1, 8))).solve()["db"].shape == (1, 1, 1, 8)
    assert conv(A[0, ..., 0], W[..., 0, 0], integers(())).solve()["db"].shape == ()


def test_float32_stays_float32() -> None:
    arrays = [integers(shape).astype(np.float32) for shape in ((4, 4), (2, 2), (), (3, 3))]
    results = conv(arrays[0], arrays[1], arrays[2], arrays[3]).solve()
    assert {array.dtype for array in results.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("size", "stride", "window", "before", "after"),
    [(5, 1, 3, 1, 1), (5, 2, 3, 1, 1), (6, 2, 3, 0, 1), (4, 1, 2, 0, 1), (5, 3, 1, 0, 0), (7, 2, 4, 1, 2)],
)
def test_same_keeps_ceil_of_n_over_stride(size: int, stride: int, window: int, before: int, after: int) -> None:
    A: Array = integers((size,), 1)
    exercise = conv(A, integers((window,), 2), padding="same", stride=stride)
    (axis,) = exercise.layer.windows.axes
    assert exercise.layer.output.shape == (-(-size // stride),)
    assert (axis.before, axis.after) == (before, after)
    (lower,) = conv(A, integers((window,), 2), padding="same_lower", stride=stride).layer.windows.axes
    assert (lower.before, lower.after) == (after, before)


def test_same_of_a_transposed_convolution_gives_n_times_stride() -> None:
    for window in (1, 2, 3, 5):
        exercise = conv(integers((4,), 1), integers((window,), 2), padding="same", stride=3, transposed=True)
        assert exercise.layer.output_sizes == (12,)
        assert all(law.holds for law in exercise.laws(exercise.solve()))
