from .array import (
    cast as cast,
    concat as concat,
    expand_dims as expand_dims,
    identity as identity,
    identity_n as identity_n,
    ones_like as ones_like,
    pack as pack,
    reshape as reshape,
    squeeze as squeeze,
    stop_gradient as stop_gradient,
    tile as tile,
    transpose as transpose,
    unpack as unpack,
    zeros_like as zeros_like,
)
from .assertion import (
    assert_true as assert_true,
)
from .bincount import (
    bucketize as bucketize,
    dense_bincount as dense_bincount,
    dense_count_sparse_output as dense_count_sparse_output,
    ragged_bincount as ragged_bincount,
)
from .checkpoint_io import (
    string_join as string_join,
)
from .control import (
    cond as cond,
)
from .conv import (
    conv2d as conv2d,
    conv2d_backprop_input as conv2d_backprop_input,
    conv3d as conv3d,
    conv3d_backprop_input as conv3d_backprop_input,
    depthwise_conv2d as depthwise_conv2d,
)
from .einsum import (
    einsum as einsum,
)
from .generator import (
    bitcast as bitcast,
    generator_integers as generator_integers,
    generator_seed as generator_seed,
    generator_uniform as generator_uniform,
    seeded_uniform as seeded_uniform,
)
from .hashing import (
    sparse_cross as sparse_cross,
    string_to_hash_bucket_fast as string_to_hash_bucket_fast,
    string_to_hash_bucket_strong as string_to_hash_bucket_strong,
)
from .image import (
    adjust_contrast as adjust_contrast,
    image_projective_transform as image_projective_transform,
    resize_bicubic as resize_bicubic,
    resize_bilinear as resize_bilinear,
    resize_nearest as resize_nearest,
)
from .lookup import (
    lookup_table_find as lookup_table_find,
)
from .math import (
    abs as abs,
    acos as acos,
    acosh as acosh,
    add as add,
    add_n as add_n,
    asin as asin,
    asinh as asinh,
    atan as atan,
    atan2 as atan2,
    atanh as atanh,
    bitwise_and as bitwise_and,
    bitwise_or as bitwise_or,
    bitwise_xor as bitwise_xor,
    ceil as ceil,
    clip_by_value as clip_by_value,
    conj as conj,
    cos as cos,
    cosh as cosh,
    div_no_nan as div_no_nan,
    equal as equal,
    erf as erf,
    erfc as erfc,
    exp as exp,
    expm1 as expm1,
    floor as floor,
    floor_div as floor_div,
    floor_mod as floor_mod,
    greater as greater,
    greater_equal as greater_equal,
    is_finite as is_finite,
    is_inf as is_inf,
    is_nan as is_nan,
    less as less,
    less_equal as less_equal,
    log as log,
    log1p as log1p,
    logical_and as logical_and,
    logical_not as logical_not,
    logical_or as logical_or,
    maximum as maximum,
    minimum as minimum,
    multiply as multiply,
    multiply_no_nan as multiply_no_nan,
    negative as negative,
    not_equal as not_equal,
    pow as pow,
    real_div as real_div,
    reciprocal as reciprocal,
    rint as rint,
    round as round,
    rsqrt as rsqrt,
    sigmoid as sigmoid,
    sign as sign,
    sin as sin,
    sinh as sinh,
    sqrt as sqrt,
    square as square,
    squared_difference as squared_difference,
    subtract as subtract,
    tan as tan,
    tanh as tanh,
    truncate_div as truncate_div,
    where as where,
    xlogy as xlogy,
)
from .nn import (
    batch_matmul as batch_matmul,
    bias_add as bias_add,
    elu as elu,
    leaky_relu as leaky_relu,
    log_softmax as log_softmax,
    matmul as matmul,
    relu as relu,
    relu6 as relu6,
    selu as selu,
    softmax as softmax,
    softplus as softplus,
    softsign as softsign,
)
from .normalization import (
    fused_batch_norm as fused_batch_norm,
)
from .padding import (
    batch_to_space as batch_to_space,
    depth_to_space as depth_to_space,
    pad as pad,
    space_to_batch as space_to_batch,
    space_to_depth as space_to_depth,
)
from .pool import (
    avg_pool as avg_pool,
    avg_pool3d as avg_pool3d,
    max_pool as max_pool,
    max_pool3d as max_pool3d,
)
from .ragged import (
    ragged_to_tensor as ragged_to_tensor,
)
from .random import (
    random_normal as random_normal,
    random_uniform as random_uniform,
    random_uniform_int as random_uniform_int,
    stateless_key_counter as stateless_key_counter,
    stateless_random_uniform as stateless_random_uniform,
    truncated_normal as truncated_normal,
)
from .reduce import (
    argmax as argmax,
    argmin as argmin,
    l2_loss as l2_loss,
    mean as mean,
    reduce_all as reduce_all,
    reduce_any as reduce_any,
    reduce_euclidean_norm as reduce_euclidean_norm,
    reduce_max as reduce_max,
    reduce_mean as reduce_mean,
    reduce_min as reduce_min,
    reduce_prod as reduce_prod,
    reduce_sum as reduce_sum,
)
from .regex import (
    regex_replace as regex_replace,
)
from .resample import (
    resize_area as resize_area,
    scale_and_translate as scale_and_translate,
)
from .resource import (
    assign as assign,
    assign_add as assign_add,
    assign_sub as assign_sub,
    embedding_lookup as embedding_lookup,
)
from .sequence import (
    cumprod as cumprod,
    cumsum as cumsum,
    matrix_band_part as matrix_band_part,
    one_hot as one_hot,
    range_ as range_,
    reverse as reverse,
    roll as roll,
    scatter_nd as scatter_nd,
    segment_sum as segment_sum,
    tensor_scatter_update as tensor_scatter_update,
    top_k as top_k,
)
from .shape_values import (
    constant_value as constant_value,
    partial_value as partial_value,
)
from .shaping import (
    broadcast_to as broadcast_to,
    fill as fill,
    rank as rank,
    shape as shape,
    size as size,
)
from .slicing import (
    gather as gather,
    gather_nd as gather_nd,
    getitem as getitem,
    nonzero as nonzero,
    slice_ as slice_,
    slice_axis as slice_axis,
    split as split,
    strided_slice as strided_slice,
)
from .sparse import (
    sparse_dense_matmul as sparse_dense_matmul,
    sparse_matmul as sparse_matmul,
    sparse_to_dense as sparse_to_dense,
)
from .splitting import (
    string_ngrams as string_ngrams,
    string_split as string_split,
)
from .strings import (
    as_string as as_string,
    string_length as string_length,
    string_lower as string_lower,
    string_strip as string_strip,
    string_upper as string_upper,
)
from .unicode import (
    unicode_decode as unicode_decode,
    unicode_encode as unicode_encode,
    unicode_split as unicode_split,
)
