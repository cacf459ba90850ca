"""TensorFlow's messages for graphs: `FunctionDef`, `NodeDef` and `StructuredValue`."""
