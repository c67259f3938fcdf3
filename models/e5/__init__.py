"""multilingual-e5-small on CPUs: packed 4-bit weights, run by onnxruntime."""
