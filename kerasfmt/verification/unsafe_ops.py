"""The ops that do more than compute, each with the rule that it breaks.

Ops of a checkpoint, of tables, of printing and of protocol buffers depend on where they are and on what they take:
`graph_safety` judges them.

Source: tensorflow/core/ops/*.cc; TensorFlow's SECURITY.md; modelaudit and modelscan, lists of suspicious ops
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import unsafe

_PYTHON: Final = "EagerPyFunc PyCall PyFunc PyFuncStateless"
_READING: Final = """
CSVDataset CSVDatasetV2 CacheDataset CacheDatasetV2 ExperimentalCSVDataset ExperimentalLMDBDataset
ExperimentalMatchingFilesDataset ExperimentalSqlDataset FixedLengthRecordDataset FixedLengthRecordDatasetV2
FixedLengthRecordReader FixedLengthRecordReaderV2 ImmutableConst LMDBDataset LMDBReader ListSnapshotChunksDataset
LoadAndRemapMatrix LoadDataset MatchingFiles MatchingFilesDataset ReadFile SnapshotChunkDataset SnapshotDatasetReader
SnapshotNestedDatasetReader SqlDataset TFRecordDataset TFRecordDatasetV2 TFRecordReader TFRecordReaderV2
TextLineDataset TextLineReader TextLineReaderV2 WholeFileReader WholeFileReaderV2
"""
_WRITING: Final = """
CalibrationStatisticsSaver CreateSummaryDbWriter CreateSummaryFileWriter DatasetToTFRecord DistributedSave DumpTensor
ExperimentalDatasetToTFRecord FileSystemSetConfiguration ImportEvent SaveDataset SaveDatasetV2 SnapshotDataset
SnapshotDatasetV2 StatsAggregatorSetSummaryWriter StoreMinibatchStatisticsInFdo WriteAudioSummary WriteFile
WriteGraphSummary WriteHistogramSummary WriteImageSummary WriteRawProtoSummary WriteScalarSummary WriteSummary
"""
_NETWORK: Final = """
DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 RegisterDataset RegisterDatasetV2
RpcCall RpcCheckStatus RpcClient RpcGetValue RpcServer RpcServerRegister RpcServerStart
"""
_CLUSTER: Final = """
CollectiveAllToAllV2 CollectiveAllToAllV3 CollectiveAssignGroupV2 CollectiveBcastRecv CollectiveBcastRecvV2
CollectiveBcastSend CollectiveBcastSendV2 CollectiveGather CollectiveGatherV2 CollectiveInitializeCommunicator
CollectivePermute CollectiveReduce CollectiveReduceScatterV2 CollectiveReduceV2 CollectiveReduceV3
ConfigureAndInitializeGlobalTPU ConfigureDistributedTPU NcclAllReduce NcclBroadcast NcclReduce Recv RemoteCall Send
WorkerHeartbeat XlaHostCompute XlaRecv XlaRecvFromHost XlaSend XlaSendToHost _HostRecv _HostSend _NcclBroadcastRecv
_NcclBroadcastSend _NcclReduceRecv _NcclReduceSend _Recv _Send _XlaHostComputeMlir _XlaRecvAtHost _XlaRecvAtHostV2
_XlaSendFromHost _XlaSendFromHostV2
"""
_DEBUG: Final = """
DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNanCount DebugNumericSummary
"""
_NATIVE: Final = """
CreateTRTResourceHandle InitializeTRTResource RemoteFusedGraphExecute TPUExecute TPUExecuteAndUpdateVariables
TRTEngineOp TfLiteSubgraphExecute XlaCustomCall XlaCustomCallV2 _XlaRun
"""

UNSAFE_OPS: Final[Mapping[str, Rule]] = {
    op: rule
    for rule, ops in (
        (unsafe.PYTHON_OP, _PYTHON),
        (unsafe.READING_OP, _READING),
        (unsafe.WRITING_OP, _WRITING),
        (unsafe.NETWORK_OP, _NETWORK),
        (unsafe.DEVICE_OP, _CLUSTER),
        (unsafe.DEBUG_OP, _DEBUG),
        (unsafe.NATIVE_OP, _NATIVE),
        (unsafe.ABORT_OP, "Abort"),
    )
    for op in ops.split()
}
"""Op -> the rule that it breaks wherever it is."""

CHECKPOINT_OPS: Final[Mapping[str, str]] = {
    "MergeV2Checkpoints": "checkpoint_prefixes",
    "Restore": "file_pattern",
    "RestoreSlice": "file_pattern",
    "RestoreV2": "prefix",
    "DTensorRestoreV2": "prefix",
    "Save": "filename",
    "SaveSlices": "filename",
    "SaveV2": "prefix",
}
"""Op -> the name of its first input, the path of a checkpoint."""
