"""RT-DETR of transformers (Zhao et al. 2023, arXiv 2304.08069), small enough to be trained from scratch."""

from collections.abc import Mapping

from transformers import ResNetConfig, RTDetrConfig, RTDetrForObjectDetection

from vitxplain.models.scratch.options import pair
from vitxplain.models.scratch.rt_detr_options import RTDetrOptions


def rt_detr(options: RTDetrOptions, names: Mapping[int, str]) -> RTDetrForObjectDetection:
    """The detector with fresh weights; `names` are those of its classes, by index."""
    first = len(options.widths) - options.levels
    backbone = ResNetConfig(
        num_channels=options.num_channels,
        embedding_size=options.stem_width,
        hidden_sizes=list(options.widths),
        depths=list(options.blocks),
        layer_type="basic",
        out_features=[f"stage{stage + 1}" for stage in range(first, len(options.widths))],
    )
    width, levels = options.hidden_size, options.levels
    config = RTDetrConfig(
        backbone_config=backbone,
        freeze_backbone_batch_norms=False,  # they are as fresh as everything else
        encoder_in_channels=list(options.widths[first:]),
        feat_strides=list(options.strides),
        encode_proj_layers=[levels - 1],
        num_feature_levels=levels,
        encoder_hidden_dim=width,
        d_model=width,
        decoder_in_channels=[width] * levels,
        encoder_ffn_dim=options.mlp_size,
        decoder_ffn_dim=options.mlp_size,
        encoder_attention_heads=options.num_attention_heads,
        decoder_attention_heads=options.num_attention_heads,
        decoder_layers=options.num_decoder_layers,
        num_queries=options.num_queries,
        num_denoising=options.num_denoising,
        dropout=options.dropout,
        hidden_expansion=0.5,
        anchor_image_size=None,  # anchors for whatever size comes
        id2label=dict(names),
        label2id={name: index for index, name in names.items()},
        image_size=pair(options.image_size),
        num_channels=options.num_channels,
    )
    return RTDetrForObjectDetection(config)
