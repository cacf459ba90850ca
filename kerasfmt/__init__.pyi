from . import (
    dtypes as dtypes,
    errors as errors,
    graph as graph,
    ir as ir,
    layers as layers,
    losses as losses,
    metrics as metrics,
    optimizers as optimizers,
    tensorbundle as tensorbundle,
)
from .api import (
    load_graph_model as load_graph_model,
    load_model as load_model,
    load_weights as load_weights,
    open_weights as open_weights,
    save_model as save_model,
    save_weights as save_weights,
)
from .comparison.diff import diff as diff
from .compiling import (
    Functional as Functional,
    Model as Model,
    Sequential as Sequential,
)
from .dialects.model_config import model_from_config as model_from_config
from .dialects.model_json import model_from_json as model_from_json
from .errors import KerasfmtError as KerasfmtError
from .formats.checkpoint.reader import Checkpoint as Checkpoint, open_checkpoint as open_checkpoint
from .formats.saved_model.options import SaveOptions as SaveOptions
from .graph import Spec as Spec
from .ir import (
    Input as Input,
    activations as activations,
    clear_session as clear_session,
    constraints as constraints,
    initializers as initializers,
    regularizers as regularizers,
)
from .ir.graph_model import GraphModel as GraphModel
from .ir.signature import Signature as Signature
from .sources import from_keras as from_keras
from .sources.jax.from_jax import from_jax as from_jax
from .verification.finding import Report as Report
from .verification.rule import Severity as Severity
from .verification.verify import verify as verify

__version__: str
