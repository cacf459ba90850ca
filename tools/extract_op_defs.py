"""Extract kerasfmt/graph/op_defs.binpb: the definitions of the ops in OPS, from an installed TensorFlow.

Run from the repository root with a Python that has TensorFlow 2.15, the oldest line that kerasfmt conforms
with: `python tools/extract_op_defs.py`. Ops that this TensorFlow does not have are reported and left out.
With `--check` nothing is written; the exit status says whether the committed file is current.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "kerasfmt" / "graph" / "op_defs.binpb"

MATH = """
Abs AccumulateNV2 Acos Acosh Add AddN AddV2 Angle ApproximateEqual Asin Asinh Atan Atan2 Atanh BatchMatMul
BatchMatMulV2 BatchMatMulV3 BesselI0 BesselI0e BesselI1 BesselI1e Betainc Bincount BitwiseAnd BitwiseOr
BitwiseXor Bucketize Cast Ceil ClipByValue Complex ComplexAbs Conj Cos Cosh Cross CumulativeLogsumexp
Cumprod Cumsum DenseBincount Digamma Div DivNoNan Einsum Equal Erf Erfc Erfinv Exp Expm1 FFT FFT2D FFT3D
Floor FloorDiv FloorMod Greater GreaterEqual HistogramFixedWidth IFFT IFFT2D IFFT3D Igamma Igammac IRFFT IRFFT2D IRFFT3D
Imag Inv Invert IsFinite IsInf IsNan LeftShift Less LessEqual Lgamma LinSpace Log Log1p LogicalAnd
LogicalNot LogicalOr MatMul Maximum Minimum Mod Mul MulNoNan Ndtri Neg NextAfter NotEqual Polygamma
PopulationCount Pow RFFT RFFT2D RFFT3D RaggedBincount Range Real RealDiv Reciprocal RightShift Rint Round Rsqrt
Sigmoid Sign Sin Sinh SobolSample Sqrt Square SquaredDifference Sub Tan Tanh TruncateDiv TruncateMod
UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum SegmentMax SegmentMean
SegmentMin SegmentProd SegmentSum SegmentSumV2 SparseSegmentMean SparseSegmentMeanWithNumSegments SparseSegmentSqrtN
SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumWithNumSegments Xdivy
Xlog1py Xlogy Zeta
"""
GRADIENTS = """
EluGrad InvGrad LeakyReluGrad OptionalFromValue OptionalGetValue OptionalNone ReciprocalGrad Relu6Grad
ReluGrad RsqrtGrad SeluGrad SigmoidGrad SoftplusGrad SoftsignGrad SqrtGrad TanhGrad
"""
REDUCTIONS = "All Any ArgMax ArgMin EuclideanNorm Max Mean Min Prod Sum"
ARRAYS = """
BatchToSpace BatchToSpaceND Bitcast BroadcastArgs BroadcastGradientArgs BroadcastTo CheckNumerics
CheckNumericsV2 Concat ConcatOffset ConcatV2 Const DeepCopy DepthToSpace Diag DiagPart EditDistance Empty
EnsureShape ExpandDims ExtractImagePatches ExtractVolumePatches Fill Fingerprint Gather GatherNd GatherV2
GuaranteeConst Identity IdentityN InplaceAdd InplaceUpdate InvertPermutation ListDiff LowerBound
MatrixBandPart MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3
MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3 MirrorPad MirrorPadGrad OneHot OnesLike Pack Pad PadV2
ParallelConcat ParallelDynamicStitch DynamicPartition DynamicStitch Placeholder PlaceholderV2
PlaceholderWithDefault PreventGradient Rank Reshape Reverse ReverseSequence ReverseV2 Roll ScatterNd
ScatterNdNonAliasingAdd Select SelectV2 Shape ShapeN Size Slice Snapshot SpaceToBatch SpaceToBatchND
SpaceToDepth Split SplitV Squeeze StopGradient StridedSlice StridedSliceGrad TensorScatterAdd
TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate TensorStridedSliceUpdate Tile
Transpose ConjugateTranspose Unique UniqueV2 UniqueWithCounts UniqueWithCountsV2 Unpack UnravelIndex
UpperBound Where ZerosLike
"""
NN = """
AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad BatchNormWithGlobalNormalization BiasAdd BiasAddGrad BiasAddV1
CTCBeamSearchDecoder CTCLoss CTCGreedyDecoder Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D
Conv3DBackpropFilterV2
Conv3DBackpropInputV2 DataFormatDimMap DataFormatVecPermute DepthwiseConv2dNative
DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Dilation2D Elu FractionalAvgPool
FractionalMaxPool FusedBatchNorm FusedBatchNormGradV3 FusedBatchNormV2 FusedBatchNormV3 FusedPadConv2D
FusedResizeAndPadConv2D InTopK InTopKV2 L2Loss LRN LeakyRelu LogSoftmax MaxPool MaxPool3D MaxPool3DGrad
MaxPoolGrad MaxPoolGradV2 MaxPoolV2 MaxPoolWithArgmax NthElement Relu Relu6 Selu Softmax
SoftmaxCrossEntropyWithLogits Softplus Softsign SparseSoftmaxCrossEntropyWithLogits TopK TopKV2 ApproxTopK
_FusedBatchNormEx _FusedConv2D _FusedMatMul
"""
LINEAR_ALGEBRA = """
Cholesky LogMatrixDeterminant MatrixDeterminant MatrixExponential MatrixInverse MatrixSolve MatrixSolveLs
MatrixSquareRoot MatrixTriangularSolve Qr Svd Eig SelfAdjointEigV2 Lu
"""
RECURRENT = """
BlockLSTM BlockLSTMV2 CudnnRNN CudnnRNNBackprop CudnnRNNBackpropV2 CudnnRNNBackpropV3
CudnnRNNCanonicalToParams CudnnRNNV2 CudnnRNNV3 GRUBlockCell LSTMBlockCell TensorListConcatV2
TensorListElementShape TensorListFromTensor TensorListGetItem TensorListLength
TensorListPopBack TensorListPushBack TensorListReserve TensorListResize TensorListSetItem TensorListStack
TensorArrayV3 TensorArrayReadV3 TensorArrayWriteV3 TensorArrayGatherV3 TensorArrayScatterV3
TensorArraySizeV3 TensorArrayConcatV3 TensorArraySplitV3 TensorArrayCloseV3 EmptyTensorList
"""
RANDOM = """
Multinomial ParameterizedTruncatedNormal RandomGamma RandomPoissonV2 RandomShuffle RandomStandardNormal
RandomUniform RandomUniformInt RngReadAndSkip RngSkip StatefulRandomBinomial StatefulStandardNormal
StatefulStandardNormalV2 StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt StatefulUniformInt
StatelessMultinomial StatelessParameterizedTruncatedNormal StatelessRandomBinomial StatelessRandomGammaV2
StatelessRandomGammaV3 StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg
StatelessRandomNormal StatelessRandomNormalV2 StatelessRandomPoisson StatelessRandomUniform
StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2 StatelessRandomUniformInt
StatelessRandomUniformIntV2 StatelessRandomUniformV2 StatelessShuffle StatelessTruncatedNormal
StatelessTruncatedNormalV2 TruncatedNormal NonDeterministicInts AnonymousSeedGenerator
"""
RESOURCES = """
AssignAddVariableOp AssignSubVariableOp AssignVariableOp AssignVariableXlaConcatND DestroyResourceOp
DisableCopyOnRead MutexV2 ReadVariableOp ReadVariableXlaSplitND ResourceApplyAdaMax ResourceApplyAdadelta
ResourceApplyAdagrad ResourceApplyAdagradV2 ResourceApplyAdam ResourceApplyAdamWithAmsgrad
ResourceApplyCenteredRMSProp ResourceApplyFtrl ResourceApplyFtrlV2 ResourceApplyGradientDescent
ResourceApplyKerasMomentum ResourceApplyMomentum ResourceApplyRMSProp ResourceCountUpTo ResourceGather
ResourceGatherNd ResourceScatterAdd ResourceScatterDiv ResourceScatterMax ResourceScatterMin
ResourceScatterMul ResourceScatterNdAdd ResourceScatterNdSub ResourceScatterNdUpdate ResourceScatterSub
ResourceScatterUpdate ResourceStridedSliceAssign VarHandleOp VarIsInitializedOp VariableShape VariableV2
Variable Assign
"""
TABLES = """
AnonymousHashTable AnonymousMutableHashTable HashTableV2 InitializeTableFromTextFileV2 InitializeTableV2
LookupTableExportV2 LookupTableFindV2 LookupTableImportV2 LookupTableInsertV2 LookupTableSizeV2
LookupTableRemoveV2 MutableDenseHashTableV2 MutableHashTableOfTensorsV2 MutableHashTableV2
"""
CONTROL = """
Assert Case ControlTrigger Enter Exit If LoopCond Merge NextIteration NoOp PartitionedCall Print PrintV2
RefEnter RefExit RefIdentity RefMerge RefNextIteration
RefSwitch RemoteCall StatefulPartitionedCall StatelessCase StatelessIf StatelessWhile Switch
SymbolicGradient While XlaCallModule EagerPyFunc PyFunc PyFuncStateless Abort Timestamp XlaLaunch _Arg _Retval FakeParam
ToBool DeviceIndex
"""
FILES = """
MatchingFiles MergeV2Checkpoints ReadFile Restore RestoreSlice RestoreV2 Save SaveSlices SaveV2
ShardedFilename ShardedFilespec WriteFile
"""
STRINGS = """
AsString DecodeBase64 DecodePaddedRaw DecodeRaw EncodeBase64 ReduceJoin RegexFullMatch RegexReplace StaticRegexFullMatch
StaticRegexReplace StringFormat StringJoin StringLength StringLower StringNGrams StringSplit StringSplitV2
StringStrip StringToHashBucket StringToHashBucketFast StringToHashBucketStrong StringToNumber StringUpper
Substr UnicodeDecode UnicodeDecodeWithOffsets UnicodeEncode UnicodeScript UnicodeTranscode
UnsortedSegmentJoin
"""
RAGGED_AND_SPARSE = """
DenseToDenseSetOperation DenseToSparseSetOperation RaggedCross RaggedGather RaggedRange
RaggedTensorFromVariant RaggedTensorToSparse RaggedTensorToTensor RaggedTensorToVariant SparseAdd
SparseConcat SparseCountSparseOutput DenseCountSparseOutput RaggedCountSparseOutput SparseCross
SparseCrossHashed SparseCrossV2 SparseFillEmptyRows SparseReduceSum SparseReorder SparseReshape
SparseSlice SparseTensorDenseAdd SparseTensorDenseMatMul SparseMatMul SparseToDense SparseBincount
"""
IMAGES = """
AdjustContrastv2 AdjustHue AdjustSaturation CombinedNonMaxSuppression CropAndResize DecodeBmp DecodeGif
DecodeImage DecodeJpeg DecodePng DrawBoundingBoxes DrawBoundingBoxesV2 EncodeJpeg EncodePng ExtractGlimpse
ExtractGlimpseV2 HSVToRGB ImageProjectiveTransformV2 ImageProjectiveTransformV3 NonMaxSuppression
NonMaxSuppressionV2
NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 QuantizedResizeBilinear RGBToHSV ResizeArea
ResizeBicubic ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor ResizeNearestNeighborGrad
SampleDistortedBoundingBoxV2 ScaleAndTranslate StatelessSampleDistortedBoundingBox DecodeWav
AudioSpectrogram Mfcc
"""
QUANTIZATION = """
Dequantize FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel
QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 QuantizeV2
"""
PARSING = "ParseExample ParseExampleV2 ParseSingleExample ParseTensor SerializeTensor"

FAMILIES = (
    *(MATH, GRADIENTS, REDUCTIONS, ARRAYS, NN, LINEAR_ALGEBRA, RECURRENT, RANDOM, RESOURCES, TABLES, CONTROL),
    *(FILES, STRINGS, RAGGED_AND_SPARSE, IMAGES, QUANTIZATION, PARSING),
)
OPS = [name for family in FAMILIES for name in family.split()]


def extract() -> tuple[bytes, list[str]]:
    """The serialized OpList, ops by name and without prose, and the names that TensorFlow does not know."""
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.framework import op_def_registry

    found = op_def_pb2.OpList()
    missing = []
    for name in sorted(set(OPS)):
        definition = op_def_registry.get(name)
        if definition is None:
            missing.append(name)
            continue
        op = found.op.add()
        op.CopyFrom(definition)
        for message in (op, *op.input_arg, *op.output_arg, *op.attr):
            message.ClearField("description")
        op.ClearField("summary")
        op.ClearField("deprecation")
    return found.SerializeToString(deterministic=True), missing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is stale")
    check = parser.parse_args().check
    data, missing = extract()
    if missing:
        print(f"not in this TensorFlow: {' '.join(missing)}", file=sys.stderr)
    if not check:
        TARGET.write_bytes(data)
    elif not TARGET.exists() or TARGET.read_bytes() != data:
        print("op_defs.binpb is stale; run python tools/extract_op_defs.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
