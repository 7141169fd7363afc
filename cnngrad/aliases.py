"""What other libraries and courses call the things that have a name here: PyTorch, Keras and TensorFlow, ONNX, the
notebooks of CS231n and of the Coursera course.

None of these words is accepted: they say which name was meant. A word that is known for something else is never
corrected into a name that merely looks like it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

ALIASES = {
    # keys of layers
    "window kernel": "kernel_size kernel_shape ksize filter_size fsize k f hh ww",
    "window": "size pool_size pool window_size global_pool",
    "kernel weights": "w weight weights theta",
    "kernel": "filter filters kernels",
    "weights": "kernel",
    "bias": "b biases use_bias b_conv c",
    "stride": "strides s step steps subsample subsampling",
    "padding": "pad pads padding_size p auto_pad border_mode pad_width zero_padding",
    "padding_mode": "pad_mode padding_type",
    "dilation": "dilations dilation_rate d rate atrous",
    "groups": "group num_groups feature_group_count n_groups",
    "layout": "data_format dataformat format channels channel_order dim_ordering dimension_numbers axes",
    "flip_kernel": "flip flipped convolution true_convolution rotate",
    "transposed": "transpose deconv deconvolution conv_transpose",
    "output_padding": "adj out_pad output_pad",
    "output_shape": "output_size out_shape out_size",
    "delta deltas": "dout dz dy upstream upstream_gradient grad grad_output grad_out output_gradient out_grad gradient "
    "dl_dz dldz d_out dl_dout error dh",
    "input inputs values/delta": "x xs x_in input_data in",
    "input inputs": "a a_prev image images img data inp sequence x_t",
    "inputs": "input",
    "input": "inputs",
    "mode": "pool_type pooling pooling_type pool_mode method type kind reduce_fn",
    "ceil_mode": "ceil",
    "divisor_override": "divisor",
    "ties": "tie tie_rule tie_break tie_breaking",
    # activations
    "function activation": "act fn func type nonlinearity non_linearity activation activation_fn f",
    "alpha": "negative_slope slope leak leakiness",
    "approximate": "approximation approx",
    "axis": "dim dims axes axis_",
    # networks
    "layers": "modules model network layer sequential arch architecture",
    "loss": "criterion cost objective loss_function loss_fn",
    "learning_rate": "lr eta step_size learningrate alpha_lr",
    "target": "y labels label t y_true truth targets true expected ground_truth y_t",
    "reduction": "reduce size_average average",
    "op": "type layer kind layer_type operation",
    "from": "skip source shortcut add",
    "gamma": "weight weights scale g w",
    "beta/gamma": "bias shift offset b",
    "eps": "epsilon e",
    "statistics": "mean var variance running_mean running_var moving_mean moving_variance stats",
    "over": "normalized_shape axis axes dim",
    # graphs and recurrent networks
    "expression": "formula expr f function equation graph",
    "values/delta": "vars variables at inputs env",
    "h0": "h_0 h_init hx initial_state a0 h_prev prev_h hidden init",
    "activation": "nonlinearity function",
    "input/recurrent": "w_input wx w_x wax wxh w_xh weight_ih weight_ih_l0 w_ih kernel",
    "recurrent": "w_recurrent wh w_h waa whh w_hh weight_hh weight_hh_l0 recurrent_kernel u",
    "bias/recurrent": "ba bh b_h bias_ih bias_hh",
    # the whole spec
    "title": "name description heading",
    "numbers": "dtype number_type numeric",
    "answers": "answer solution solutions student",
    # words that are values
    "conv": "conv1d conv2d conv3d convolution convolutional conv_layer",
    "pool": "maxpool max_pool maxpool1d maxpool2d maxpool3d maxpooling2d avgpool avg_pool avgpool2d average_pool "
    "averagepooling2d pooling max_pooling",
    "dense": "linear fc fully_connected affine innerproduct gemm",
    "activation  ": "act activations nonlinearity",
    "flatten": "reshape view ravel",
    "residual": "skip shortcut add resnet residual_block",
    "batch_norm": "batchnorm batchnorm1d batchnorm2d batch_normalization batchnormalization bn spatial_batchnorm",
    "layer_norm": "layernorm layer_normalization layernormalization ln",
    "network": "net cnn mlp sequential convnet model nn",
    "rnn": "recurrent simplernn vanilla_rnn",
    "graph": "expression computation_graph circuit",
    "silu": "swish",
    "sigmoid": "logistic sigma",
    "leaky_relu": "lrelu leakyrelu leaky",
    "identity": "linear none id",
    "log_softmax": "logsoftmax",
    "max": "maximum maxpool max_pool",
    "average": "mean averaging",
    "mse": "l2 squared_error mean_squared_error squared quadratic mseloss",
    "cross_entropy": "ce crossentropy crossentropyloss softmax_cross_entropy categorical_crossentropy "
    "sparse_categorical_crossentropy softmax_loss xent",
    "binary_cross_entropy": "bce bceloss binary_crossentropy log_loss",
    "zeros": "constant zero",
    "replicate": "edge border nearest clamp",
    "reflect": "mirror",
    "circular": "wrap periodic",
    "same": "same_upper half",
    "valid": "no none",
    "exact": "fraction fractions rational",
    "float": "float64 float32 double decimal",
    "symbolic": "symbols symbol sympy algebra formulas",
    "NCHW": "channels_first bchw",
    "NHWC": "channels_last bhwc",
    "all": "coursera mask",
    # results
    "dA dx": "dx da_prev da dinput grad_input",
    "dW dkernel": "dw dk dweight dweights dfilter grad_weight",
    "db dbias": "dbias grad_bias",
    "Z": "out output y_hat",
}
"""Our names, the first that a place has, and what other people call them, in lower case; `beta/gamma` is beta where
there is gamma too."""
RESULTS = ("Z", "dA", "dW", "db", "dZ", "dK")
OTHERS = """
selu celu relu6 prelu rrelu mish glu swiglu hardtanh hardswish hardsigmoid hard_sigmoid softsign softmin maxout
identity sigmoid tanh relu leaky_relu elu softplus gelu silu softmax log_softmax
lstm gru transformer attention embedding dropout upsample group_norm instance_norm
mae l1 huber hinge nll kl kl_div smooth_l1 cosine
mean sum max min median full symmetric causal name type beta alpha gamma momentum weight_decay seed shape
"""
"""Words that mean something by themselves: none of them is a name misspelt."""


def meant(word: str, known: Sequence[str]) -> str | None:
    """The known name for what a word from elsewhere calls by another one; an option's for an option."""
    dashes = "--" if word.startswith("--") else ""
    spelled = {name.removeprefix("--").replace("-", "_") if dashes else name: name for name in known}
    candidates = _names().get(word.removeprefix("--").replace("-", "_").lower(), ())
    places = (name.partition("/") for name in candidates)
    return next((spelled[name] for name, _, beside in places if name in spelled and (beside or name) in spelled), None)


def is_result(word: str) -> bool:
    """Whether a word is what a gradient, or an output, is called here or elsewhere."""
    return word in RESULTS or any(name.partition(" ")[0] in RESULTS for name in _names().get(word.lower(), ()))


def means_something(word: str) -> bool:
    """Whether a word is known, so that it is no slip of the keys."""
    return word.lower() in OTHERS.split() or word.lower() in _names()


@cache
def _names() -> dict[str, list[str]]:
    """Our names by each of the other words."""
    found: dict[str, list[str]] = {}
    for names, words in ALIASES.items():
        for word in words.split():
            found.setdefault(word, []).extend(names.split())
    return found
