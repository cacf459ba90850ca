"""TensorFlow's graph messages: functions and structured values as `FunctionDef`, `NodeDef` and `StructuredValue`."""
