"""Every number of the lessons that the program was made for, out of a built-in example."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from commands import cnngrad


def results(name: str, *options: str) -> dict[str, Any]:
    """The results of an example, as the command line gives them."""
    done = cnngrad("run", f"example:{name}", "--format", "json", *options)
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)["results"]
    return found


def layers(name: str) -> dict[str, dict[str, Any]]:
    """The results of a network's layers, by name."""
    return {layer["name"]: layer["results"] for layer in results(name)["layers"]}


def near(expected: Any, within: float = 5e-5) -> Any:
    """To the digits that a lesson prints."""
    return pytest.approx(np.array(expected), abs=within)


# --- a question on a statistics forum


def test_the_forward_pass_of_the_forum_network() -> None:
    found = layers("forum-network")
    assert np.array(found["conv1"]["Z"]) == near(
        [
            [0.2491, -0.1648, 0.2652, -0.3406],
            [0.1089, 0.3092, -0.1129, -0.1432],
            [-0.2178, 0.6069, -0.0462, -0.3231],
            [-0.3294, 0.4757, -0.2673, 0.1892],
        ],
        1e-12,
    )
    assert np.array(found["pool1"]["Z"]) == near([[0.3092, 0.2652], [0.6069, 0.1892]], 1e-12)
    assert np.array(found["sigmoid1"]["Z"]) == near([[0.58, 0.57], [0.65, 0.55]], 0.005)


def test_the_deltas_stand_where_the_winners_stood() -> None:
    found = layers("forum-network")
    # By hand with s = 0.58, 0.57, 0.65, 0.55: (0.25*0.61 - 0.15*0.02) * 0.58*0.42 and so on.
    rounded = {(1, 1): 0.0364182, (0, 2): 0.068628, (2, 1): 0.04675125, (3, 3): 0.06818625}
    expected = np.zeros((4, 4))
    for place, delta in rounded.items():
        expected[place] = delta
    assert np.array(found["conv1"]["dZ"]) == near(expected, 3e-4)
    assert np.argwhere(np.array(found["conv1"]["dZ"])).tolist() == sorted(map(list, rounded))


def test_dW_of_the_rounded_deltas() -> None:
    assert np.array(results("forum-conv")["dW"]) == near([[0.139946, 0.106319], [0.034416, 0.145922]], 1e-12)


def test_the_accepted_answer_had_one_sign_wrong() -> None:
    typed = "0 0 0.0686 0|0 0.0364 0 0|0 0.0467 0 0|0 0 0 -0.0681"
    delta = json.dumps([list(map(float, row.split())) for row in typed.split("|")])
    found = results("forum-conv", "--set", f"delta={delta}")
    assert np.array(found["dW"]) == near([[0.044606, 0.094061], [0.011262, 0.068288]], 1e-12)


def test_the_step_of_descent() -> None:
    found = results("forum-network")
    dW = next(layer["results"]["dW"] for layer in found["layers"] if layer["name"] == "conv1")
    assert np.array(found["updates"]["conv1.W"]) == near([[-0.13, 0.15], [-0.51, 0.62]] - 0.1 * np.array(dW), 1e-12)


# --- a course notebook


def test_the_convolution_of_the_notebook() -> None:
    found = layers("course-notebook-conv")["conv1"]
    assert found["dZ"] == found["Z"]
    assert np.mean(found["dA"]) == pytest.approx(1.4524377775388075, rel=1e-14)
    assert np.mean(found["dW"]) == pytest.approx(1.7269914583139083, rel=1e-14)
    assert np.mean(found["db"]) == pytest.approx(7.839232564616925, rel=1e-14)


def test_the_pooling_of_the_notebook() -> None:
    by_max = np.array(results("course-notebook-pool")["dA"])[1, 1]
    by_average = np.array(results("course-notebook-pool", "--mode", "average")["dA"])[1, 1]
    assert by_max == near([[0, 0], [5.05844394, -1.68282702], [0, 0]], 5e-9)
    expected = [[0.08485462, 0.2787552], [1.26461098, -0.25749373], [1.17975636, -0.53624893]]
    assert by_average == near(expected, 5e-9)


# --- a lecture on computational graphs


def test_the_first_graph() -> None:
    found = results("lecture-graph")
    assert found["value"] == -12
    assert found["gradients"] == {"x": -4, "y": -4, "z": 3}
    assert {node["name"]: node["upstream"] for node in found["nodes"]} == {"q": -4, "f": 1}


@pytest.mark.parametrize("name", ["lecture-neuron", "lecture-neuron-one-gate"])
def test_the_neuron(name: str) -> None:
    found = results(name)
    assert found["value"] == pytest.approx(0.7310585786, abs=5e-11)
    expected = {"w0": -0.1966119, "x0": 0.3932239, "w1": -0.3932239, "x1": -0.5898358, "w2": 0.1966119}
    assert found["gradients"] == pytest.approx(expected, abs=5e-8)


def test_the_way_back_through_the_gates_of_the_neuron() -> None:
    nodes = {node["gate"]: node for node in results("lecture-neuron")["nodes"]}
    passed = {
        gate: node["upstream"] * node["local"][-1] for gate, node in nodes.items() if gate in ("div", "exp", "neg")
    }
    assert passed == pytest.approx({"div": -0.53, "exp": -0.20, "neg": 0.20}, abs=0.005)
    one = next(node for node in results("lecture-neuron-one-gate")["nodes"] if node["gate"] == "sigmoid")
    s = 0.7310585786300049
    assert one["local"] == [pytest.approx((1 - s) * s, rel=1e-14)]


def test_the_rules_in_one_graph() -> None:
    assert results("lecture-rules")["gradients"] == {"x": -8, "y": 6, "z": 2, "w": 0}


# --- a lesson by hand


def test_the_formulas_of_the_lesson() -> None:
    found = results("by-hand-symbolic")
    assert found["dW"][0][0] == "x11*d11 + x12*d12 + x21*d21 + x22*d22"
    assert found["dW"][1][1] == "x22*d11 + x23*d12 + x32*d21 + x33*d22"
    assert found["dA"][0][0] == "d11*w11"
    assert found["dA"][1][1] == "d11*w22 + d12*w21 + d21*w12 + d22*w11"


def test_the_turned_kernel_slides_over_the_padded_delta() -> None:
    padded = np.pad([[1, 2], [3, 4]], 1)
    turned = np.array([[-1, 2], [0, 1]])  # [[1, 0], [2, -1]] by 180 degrees
    dA = [[int((padded[i : i + 2, j : j + 2] * turned).sum()) for j in range(3)] for i in range(3)]
    assert results("by-hand-conv", "--method", "rotate")["dA"] == dA


def test_pooling_to_a_vector() -> None:
    average = results("by-hand-average-pool")
    assert (average["Z"], average["dA"]) == ([["2"], ["5"]], [["1/2", "1/2"], ["1", "1"]])
    largest = results("by-hand-max-pool")
    assert (largest["Z"], largest["mask"]) == ([["3"], ["8"]], [["0", "1"], ["0", "1"]])
    assert layers("by-hand-layer")["conv1"]["dZ"] == [["1/2", "1/2"], ["1", "1"]]


def test_when_convolution_and_correlation_agree() -> None:
    assert results("symmetric-kernel")["Z"] == results("symmetric-kernel", "--set", "flip_kernel=false")["Z"]
    assert results("sensor-average")["Z"] != results("sensor-average", "--set", "flip_kernel=false")["Z"]


def test_the_size_of_the_output() -> None:
    # H x W = 3 x 3 with 2 x 2: (3 - 2 + 1) x (3 - 2 + 1)
    assert np.shape(results("by-hand-conv")["Z"]) == (2, 2)


# --- notes on why convolution


def test_the_moving_average_of_the_sensor() -> None:
    # The newest of three readings has the largest weight: 0.5*1.9 + 0.3*2.4 + 0.2*2.0 = 2.07
    assert results("sensor-average")["Z"][0] == "207/100"


def test_several_channels_and_filters() -> None:
    # Z[0,0,0] = 1*1 + 2*(-1) + 2*0 + 0*1 + bias 1, Z[1,0,0] = 0*1 + 1*2 + 1*0 + 3*1 - 1
    Z = results("several-channels")["Z"]
    assert (Z[0][0][0], Z[1][0][0]) == (1 - 2 + 0 + 0 + 1, 0 + 2 + 0 + 3 - 1)


def test_the_tied_matrix_side_by_side() -> None:
    page = cnngrad("run", "example:tied-weights", "--method", "matrix").out
    # A dense layer from 6 to 4 cells against 3 weights that stand in 4 windows of 3 cells.
    assert "│ dense       │      24 │      4 │            24 │" in page
    assert "│ convolution │       3 │      1 │            12 │" in page
    assert "dW[0] = dM[0,0] + dM[1,1] + dM[2,2] + dM[3,3]\n        = 1 + 4 + 9 + 16\n        = 30" in page


def test_a_shifted_input_moves_the_convolution_and_not_the_pooling() -> None:
    moved = cnngrad("run", "example:shift-conv", "--shift", "1,1").out
    assert "[ok] Z moves along by 1, 1: 16 of 16 cells" in moved
    assert "[ok] dA moves along by 1, 1: 25 of 25 cells" in moved
    assert "[ok] dW stays as it is: 4 of 4 cells" in moved
    assert "[ok] Z stays as it is: 4 of 4 cells" in cnngrad("run", "example:shift-pool", "--shift", "1,1").out


def test_every_term_of_the_total_derivative() -> None:
    found = results("rnn-shared-weight")
    h1 = np.tanh(1.0)
    h2 = np.tanh(2 + 0.5 * h1)
    h3 = np.tanh(-1 + 0.5 * h2)
    f1, f2, f3 = 1 - h1**2, 1 - h2**2, 1 - h3**2
    # (product of dh_j/dh_{j-1}) times the direct term f'(s_i)*h_{i-1}, with dh_j/dh_{j-1} = f'(s_j)*0.5
    terms = [f3 * 0.5 * f2 * 0.5 * f1 * 0.0, f3 * 0.5 * f2 * h1, f3 * h2]
    assert found["terms"]["dW_recurrent"] == pytest.approx(terms, rel=1e-14)
    assert found["dW_recurrent"] == pytest.approx(0.777024, abs=5e-7)
