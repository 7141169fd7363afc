"""From the settings of a convolution and the shapes of its arrays to the layer, or to what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnngrad.errors import Problems
from cnngrad.exercise.layer import Output
from cnngrad.limits import Limits
from cnngrad.ops.conv.layer import Conv
from cnngrad.windows.channels import Channels
from cnngrad.windows.correlation import Correlation
from cnngrad.windows.fitting import Slide, check_sizes, fit, fit_transposed
from cnngrad.windows.layout import Layout
from cnngrad.windows.windows import Windows
from cnngrad.wording import counted, times


@dataclass(frozen=True)
class ConvSettings:
    """The settings of a convolution as the user gives them."""

    slide: Slide = Slide()
    groups: int = 1
    transposed: bool = False
    output_padding: tuple[int, ...] = (0,)


def fit_conv(
    settings: ConvSettings,
    layout: Layout,
    input_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    limits: Limits,
    problems: Problems,
) -> Conv | None:
    """The convolution for these shapes, with one bias per filter; what does not fit goes to `problems`."""
    if settings.transposed:
        layout = replace(layout, filters="I")
    channels = _fit_channels(settings, layout, input_shape, kernel_shape, problems)
    if channels is None:
        return None
    letters = layout.letters_of_kernel(len(kernel_shape))
    window = [size for letter, size in zip(letters, kernel_shape, strict=True) if letter in layout.spatial]
    sizes = [size for letter, size in zip(layout.letters, input_shape, strict=True) if letter in layout.spatial]
    if settings.transposed:
        axes = fit_transposed(settings.slide, window, sizes, settings.output_padding, layout, problems)
    else:
        axes = fit(settings.slide, window, sizes, layout, "kernel", problems)
    if problems.found:
        return None
    batch = input_shape[0] if layout.batched else 1
    work = Correlation(Windows(axes), channels).multiply_adds(batch)
    planes = batch * channels.inputs, batch * channels.outputs
    check_sizes(axes, *planes, work, "kernel", limits, problems, transposed=settings.transposed)
    extras = settings.output_padding * (layout.rank if len(settings.output_padding) == 1 else 1)
    input_ = Output(input_shape, layout.letters)
    conv = Conv(input_, layout, Windows(axes), channels, kernel_shape, (), settings.transposed, extras)
    return replace(conv, bias_shape=(conv.filters,) if layout.channels else ())


def _fit_channels(
    settings: ConvSettings,
    layout: Layout,
    input_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    problems: Problems,
) -> Channels | None:
    """The channels on both sides: the kernel is (O, I/groups), O the narrow and I the wide side."""
    ranks = (layout.rank + 1, layout.rank + 2) if layout.channels else (layout.rank,)
    if len(kernel_shape) not in ranks:
        problems.add("kernel", _kernel_rank(layout, kernel_shape))
        return None
    letters = layout.letters_of_kernel(len(kernel_shape))
    sizes = dict(zip(letters, kernel_shape, strict=True))
    outputs, inputs, groups = sizes.get("O", 1), sizes.get("I", 1), settings.groups
    given = dict(zip(layout.letters, input_shape, strict=True)).get("C", 1)
    if given % groups or (not settings.transposed and outputs % groups):
        what = counted(given, "input channel") if given % groups else counted(outputs, "filter")
        both = f"both {given} and {outputs}" if not given % groups else str(given)
        problems.add("groups", f"{groups} does not divide the {what}; take a divisor of {both}")
        return None
    expected, axis = (outputs, "O") if settings.transposed else (inputs * groups, "I")
    if expected != given:
        problems.add("kernel", _channel_mismatch(layout, letters, kernel_shape, input_shape, axis, given, groups))
        return None
    return Channels(inputs * groups, outputs, groups)


def _kernel_rank(layout: Layout, shape: tuple[int, ...]) -> str:
    forms = layout.letters_of_kernel(layout.rank + 2)
    if layout.channels:
        forms += f" or, for one filter, {layout.letters_of_kernel(layout.rank + 1)}"
    return (
        f"has {counted(len(shape), 'axis', 'axes')} (shape {times(shape)}), but the layout {layout.letters} needs "
        f"{forms}; change the brackets or the layout"
    )


def _channel_mismatch(
    layout: Layout,
    letters: str,
    kernel: tuple[int, ...],
    input_shape: tuple[int, ...],
    axis: str,
    channels: int,
    groups: int,
) -> str:
    place = letters.index(axis)
    wanted = channels if axis == "O" else channels // groups
    shared = f" in {groups} groups" if groups > 1 else ""
    return (
        f"shape {times(kernel)} ({letters}) has {kernel[place]} on axis {place} ({axis}), but the input, shape "
        f"{times(input_shape)} ({layout.letters}), has {counted(channels, 'channel')}{shared}; make that axis {wanted}"
    )
