"""Names of pytorch-grad-cam, captum, torch-cam and transformers-interpret, each with what to write here."""

from collections.abc import Mapping
from typing import Final

_NONE: Final = "Nothing here does the same; nearest is {}, and a plugin can bring it (vitx plugin new NAME)."
_PIXELS: Final = "It gives a value to each pixel, for which captum stays the tool; nearest here is {}, on patches."
_LOADING: Final = "it belongs to the model: explain(load_model(MODEL, {name}=...), ...), or --{name} of vitx explain."
_PROCESSOR: Final = "it belongs to the model: explain(load_model(MODEL, processor=...), ...)."
_LABELS: Final = "it belongs to the model: explain(load_model(MODEL, labels=[...]), ...)."
_CALLED: Final = 'write the class, or target="A~B" for the difference of two logits.'
_PLUGIN: Final = "It comes with the plugin vitxplain-perturbation."

# Methods: lower case, without hyphens and the like.
METHODS: Final[Mapping[str, str]] = {
    "ablationcam": _NONE.format("grad-cam"),
    "deeplift": _PIXELS.format("gradient-activation"),
    "deepliftshap": _PIXELS.format("gradient-activation"),
    "eigencam": _NONE.format("patch-pca"),
    "eigengradcam": _NONE.format("gradient-activation"),
    "featureablation": _PLUGIN,
    "fullgrad": _NONE.format("gradient-activation"),
    "gradcamelementwise": _NONE.format("gradient-activation with relu=True"),
    "gradcamplusplus": _NONE.format("grad-cam"),
    "gradcampp": _NONE.format("grad-cam"),
    "gradientshap": _PIXELS.format("gradient-activation"),
    "guidedbackprop": _PIXELS.format("gradient-activation"),
    "guidedbackpropagation": _PIXELS.format("gradient-activation"),
    "guidedgradcam": _PIXELS.format("grad-cam"),
    "imageclassificationexplainer": _PIXELS.format("gradient-activation"),
    "inputxgradient": _PIXELS.format("gradient-activation"),
    "integratedgradients": _PIXELS.format("gradient-activation"),
    "iscam": _NONE.format("grad-cam"),
    "kernelshap": _PIXELS.format("gradient-activation"),
    "kpcacam": _NONE.format("patch-pca"),
    "layeractivation": "Write gradient-activation, which weights it by its gradient.",
    "layercam": _NONE.format("gradient-activation with relu=True"),
    "layergradcam": "Write grad-cam.",
    "noisetunnel": _PIXELS.format("gradient-activation"),
    "occlusion": _PLUGIN,
    "rise": _PLUGIN,
    "saliency": _PIXELS.format("gradient-activation"),
    "scorecam": _NONE.format("grad-cam"),
    "shap": _PIXELS.format("gradient-activation"),
    "shapleyvaluesampling": _PIXELS.format("gradient-activation"),
    "smoothgrad": _PIXELS.format("gradient-activation"),
    "smoothgradcamplusplus": _NONE.format("grad-cam"),
    "smoothgradcampp": _NONE.format("grad-cam"),
    "sscam": _NONE.format("grad-cam"),
    "xgradcam": _NONE.format("grad-cam"),
}

# Options of methods and arguments of their calls.
OPTIONS: Final[Mapping[str, str]] = {
    "additional_forward_args": "there is none: give a model that takes the image alone.",
    "attribute_to_layer_input": "give layer the name of the layer before.",
    "aug_smooth": "there is none: affinity-attention looks at the image more than once by itself (views=2).",
    "baselines": "there is none: no method starts from a baseline.",
    "class_name": "write target=, a class by its name.",
    "custom_labels": _LABELS,
    "colormap": 'write cmap="NAME", a colour map of matplotlib.',
    "device": _LOADING.format(name="device"),
    "dtype": _LOADING.format(name="dtype"),
    "eigen_smooth": "there is none; nearest is the method patch-pca.",
    "feature_extractor": _PROCESSOR,
    "image_processor": _PROCESSOR,
    "image_weight": "write alpha=, the share of the heat map's colours: 1 - image_weight.",
    "index": "write target=, a class by its number.",
    "internal_batch_size": "write batch_size, how many images run together.",
    "methods": "explain takes one, as method=; explain_together(model, image, methods) takes several.",
    "labels": _LABELS,
    "n_steps": "there is none: no samples are drawn.",
    "noise_tunnel_n_samples": "there is none: no samples are drawn.",
    "processor": _PROCESSOR,
    "relu_attributions": "write relu=True.",
    "reshape_transform": "leave it out: where the patches are is found by running the model.",
    "target_layer": 'write layer="NAME" of grad-cam and its kin; without it a layer is found.',
    "target_layers": 'write layer="NAME" of grad-cam and its kin, one a call; without it a layer is found.',
    "targets": "write target=, one or a list.",
}

# Types of objects that stand for a target; what is in braces is an attribute of such an object.
TARGETS: Final[Mapping[str, str]] = {
    "BinaryClassifierOutputTarget": 'write target={category}, of load_model(..., activation="sigmoid").',
    "ClassifierOutputReST": "write target={category}; the score is the raw logit.",
    "ClassifierOutputSoftmaxTarget": "write target={category}; the score is the raw logit, never a probability.",
    "ClassifierOutputTarget": "write target={category}.",
    "FasterRCNNBoxScoreTarget": 'write target="object:0" or "box:LEFT,TOP,RIGHT,BOTTOM".',
    "FinerWeightedTarget": 'write target="A~B": why the one class rather than the other.',
    "RawScoresOutputTarget": "write the class; a score is one number.",
    "SemanticSegmentationTarget": "write target={category}, or the region as an array of bool.",
    "builtin_function_or_method": _CALLED,
    "function": _CALLED,
    "method": _CALLED,
}
