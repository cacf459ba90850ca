from .activation import (
    ELU as ELU,
    LeakyReLU as LeakyReLU,
    PReLU as PReLU,
    ReLU as ReLU,
    Softmax as Softmax,
    ThresholdedReLU as ThresholdedReLU,
)
from .adaptive_pooling import (
    AdaptiveAveragePooling1D as AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D as AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D as AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D as AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D as AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D as AdaptiveMaxPooling3D,
)
from .added import (
    AddLoss as AddLoss,
    AddMetric as AddMetric,
    BareLayer as BareLayer,
)
from .applications import (
    CustomScaleLayer as CustomScaleLayer,
    LayerScale as LayerScale,
    StochasticDepth as StochasticDepth,
)
from .attention import (
    AdditiveAttention as AdditiveAttention,
    Attention as Attention,
)
from .augmentation import (
    AutoContrast as AutoContrast,
    Equalization as Equalization,
    MaxNumBoundingBoxes as MaxNumBoundingBoxes,
    RandomColorDegeneration as RandomColorDegeneration,
    RandomColorJitter as RandomColorJitter,
    RandomGrayscale as RandomGrayscale,
    RandomHue as RandomHue,
    RandomInvert as RandomInvert,
    RandomPosterization as RandomPosterization,
    RandomSaturation as RandomSaturation,
    Solarization as Solarization,
)
from .augmentation_filters import (
    RandomElasticTransform as RandomElasticTransform,
    RandomErasing as RandomErasing,
    RandomGaussianBlur as RandomGaussianBlur,
    RandomPerspective as RandomPerspective,
    RandomSharpness as RandomSharpness,
    RandomShear as RandomShear,
)
from .augmentation_mixtures import (
    AugMix as AugMix,
    CutMix as CutMix,
    MixUp as MixUp,
    RandAugment as RandAugment,
)
from .base import (
    InputLayer as InputLayer,
    InputSpec as InputSpec,
    Layer as Layer,
)
from .batch_normalization import (
    BatchNormalization as BatchNormalization,
    SyncBatchNormalization as SyncBatchNormalization,
)
from .category import (
    CategoryEncoding as CategoryEncoding,
)
from .clahe import (
    ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
)
from .convolution import (
    Conv1D as Conv1D,
    Conv2D as Conv2D,
    Conv3D as Conv3D,
    Convolution1D as Convolution1D,
    Convolution2D as Convolution2D,
    Convolution3D as Convolution3D,
)
from .convolution_transpose import (
    Conv1DTranspose as Conv1DTranspose,
    Conv2DTranspose as Conv2DTranspose,
    Conv3DTranspose as Conv3DTranspose,
    Convolution1DTranspose as Convolution1DTranspose,
    Convolution2DTranspose as Convolution2DTranspose,
    Convolution3DTranspose as Convolution3DTranspose,
)
from .core import (
    Activation as Activation,
    Dense as Dense,
    Dropout as Dropout,
    EinsumDense as EinsumDense,
    Embedding as Embedding,
    Flatten as Flatten,
    Reshape as Reshape,
    ReversibleEmbedding as ReversibleEmbedding,
)
from .discretization import (
    Discretization as Discretization,
)
from .feature_space import (
    FeatureSpace as FeatureSpace,
)
from .features import (
    TFDConcat as TFDConcat,
    TFDIdentity as TFDIdentity,
)
from .grouped_query_attention import (
    GroupQueryAttention as GroupQueryAttention,
)
from .hashing import (
    HashedCrossing as HashedCrossing,
    Hashing as Hashing,
)
from .image import (
    CenterCrop as CenterCrop,
    Resizing as Resizing,
)
from .image_random import (
    RandomBrightness as RandomBrightness,
    RandomContrast as RandomContrast,
    RandomCrop as RandomCrop,
    RandomFlip as RandomFlip,
    RandomHeight as RandomHeight,
    RandomWidth as RandomWidth,
)
from .image_warp import (
    RandomRotation as RandomRotation,
    RandomTranslation as RandomTranslation,
    RandomZoom as RandomZoom,
)
from .keras3_ops import (
    Operation as Operation,
)
from .kernelized import (
    RandomFourierFeatures as RandomFourierFeatures,
)
from .lambda_ import (
    Lambda as Lambda,
)
from .locally_connected import (
    LocallyConnected1D as LocallyConnected1D,
    LocallyConnected2D as LocallyConnected2D,
)
from .lookup import (
    IntegerLookup as IntegerLookup,
    StringLookup as StringLookup,
)
from .merging import (
    Add as Add,
    Average as Average,
    Concatenate as Concatenate,
    Dot as Dot,
    Maximum as Maximum,
    Minimum as Minimum,
    Multiply as Multiply,
    Subtract as Subtract,
)
from .multi_head_attention import (
    MultiHeadAttention as MultiHeadAttention,
)
from .normalization import (
    GroupNormalization as GroupNormalization,
    LayerNormalization as LayerNormalization,
    RMSNormalization as RMSNormalization,
    UnitNormalization as UnitNormalization,
)
from .pipeline import (
    Pipeline as Pipeline,
)
from .pooling import (
    AveragePooling1D as AveragePooling1D,
    AveragePooling2D as AveragePooling2D,
    AveragePooling3D as AveragePooling3D,
    AvgPool1D as AvgPool1D,
    AvgPool2D as AvgPool2D,
    AvgPool3D as AvgPool3D,
    GlobalAveragePooling1D as GlobalAveragePooling1D,
    GlobalAveragePooling2D as GlobalAveragePooling2D,
    GlobalAveragePooling3D as GlobalAveragePooling3D,
    GlobalAvgPool1D as GlobalAvgPool1D,
    GlobalAvgPool2D as GlobalAvgPool2D,
    GlobalAvgPool3D as GlobalAvgPool3D,
    GlobalMaxPool1D as GlobalMaxPool1D,
    GlobalMaxPool2D as GlobalMaxPool2D,
    GlobalMaxPool3D as GlobalMaxPool3D,
    GlobalMaxPooling1D as GlobalMaxPooling1D,
    GlobalMaxPooling2D as GlobalMaxPooling2D,
    GlobalMaxPooling3D as GlobalMaxPooling3D,
    MaxPool1D as MaxPool1D,
    MaxPool2D as MaxPool2D,
    MaxPool3D as MaxPool3D,
    MaxPooling1D as MaxPooling1D,
    MaxPooling2D as MaxPooling2D,
    MaxPooling3D as MaxPooling3D,
)
from .preprocessing import (
    Normalization as Normalization,
    Rescaling as Rescaling,
)
from .quantized import (
    QuantizedDense as QuantizedDense,
    QuantizedEinsumDense as QuantizedEinsumDense,
    QuantizedEmbedding as QuantizedEmbedding,
    QuantizedReversibleEmbedding as QuantizedReversibleEmbedding,
)
from .regularization import (
    ActivityRegularization as ActivityRegularization,
    AlphaDropout as AlphaDropout,
    GaussianDropout as GaussianDropout,
    GaussianNoise as GaussianNoise,
    Identity as Identity,
    Masking as Masking,
    SpatialDropout1D as SpatialDropout1D,
    SpatialDropout2D as SpatialDropout2D,
    SpatialDropout3D as SpatialDropout3D,
)
from .reshaping import (
    Cropping1D as Cropping1D,
    Cropping2D as Cropping2D,
    Cropping3D as Cropping3D,
    Permute as Permute,
    RepeatVector as RepeatVector,
    ZeroPadding1D as ZeroPadding1D,
    ZeroPadding2D as ZeroPadding2D,
    ZeroPadding3D as ZeroPadding3D,
)
from .rnn.bidirectional import (
    Bidirectional as Bidirectional,
)
from .rnn.cells import (
    GRUCell as GRUCell,
    LSTMCell as LSTMCell,
    SimpleRNNCell as SimpleRNNCell,
)
from .rnn.conv_lstm import (
    ConvLSTM1D as ConvLSTM1D,
    ConvLSTM2D as ConvLSTM2D,
    ConvLSTM3D as ConvLSTM3D,
)
from .rnn.gru import (
    GRU as GRU,
)
from .rnn.lstm import (
    LSTM as LSTM,
)
from .rnn.rnn import (
    RNN as RNN,
)
from .rnn.simple_rnn import (
    SimpleRNN as SimpleRNN,
)
from .rnn.stacked import (
    StackedRNNCells as StackedRNNCells,
)
from .separable import (
    DepthwiseConv1D as DepthwiseConv1D,
    DepthwiseConv2D as DepthwiseConv2D,
    SeparableConv1D as SeparableConv1D,
    SeparableConv2D as SeparableConv2D,
    SeparableConvolution1D as SeparableConvolution1D,
    SeparableConvolution2D as SeparableConvolution2D,
)
from .spectrogram import (
    MelSpectrogram as MelSpectrogram,
    STFTSpectrogram as STFTSpectrogram,
)
from .text_vectorization import (
    TextVectorization as TextVectorization,
)
from .tf_op import (
    SlicingOpLambda as SlicingOpLambda,
    TFOpLambda as TFOpLambda,
)
from .upsampling import (
    UpSampling1D as UpSampling1D,
    UpSampling2D as UpSampling2D,
    UpSampling3D as UpSampling3D,
)
from .wrappers import (
    SpectralNormalization as SpectralNormalization,
    TimeDistributed as TimeDistributed,
    Wrapper as Wrapper,
)
