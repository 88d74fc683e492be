"""What this trainer does. A recipe that asks for more is refused by the key's name, never run as something else."""

import json

from recipe_config import Refusal

PRECISIONS = ("bf16", 32, "32", "32-true", "bf16-mixed", None)

LIMITS = {
    "trainer.accelerator": ("cpu", "gpu"),
    "trainer.precision": PRECISIONS,
    "trainer.accumulate_grad_batches": (1, None),
    "trainer.limit_val_batches": (0, None),
    "exp_manager.auto_checkpoint.enabled": (False, None),
    "exp_manager.checkpoint_callback_params.monitor": ("step", None),
    "exp_manager.checkpoint_callback_params.mode": ("max", None),
    "exp_manager.export_full_model.every_n_train_steps": (0, None),
    "exp_manager.export_full_model.save_last": (False, None),
    "model.model_type": ("llama_v3", None),
    "model.precision": PRECISIONS,
    "model.tensor_model_parallel_degree": (1, None),
    "model.expert_model_parallel_degree": (1, None),
    "model.context_parallel_degree": (1, None),
    "model.moe": (False, None),
    "model.fp8": (False, None),
    "model.rope_scaling.rope_type": ("llama3", None),
    "model.do_finetune": (False, None),
    "model.hf_model_name_or_path": (None,),
    "model.peft.peft_type": (None,),
    "model.optim.name": ("adamw",),
    "model.optim.sched.name": ("CosineAnnealing",),
    "model.data.use_synthetic_data": (True,),
}

# Labels, the launcher's keys, and keys that say nothing once the limits hold.
MOOT = (
    "run.", "exp_manager.name", "exp_manager.exp_dir", "trainer.devices", "trainer.num_nodes",
    "trainer.val_check_interval", "model.val_batch_size", "model.fp8_", "model.use_flash_attention",
    "model.max_position_embeddings", "model.data.",
)


def refuse_unsupported(recipe):
    """Raises one Refusal that names every key which asks for what this trainer does not do."""
    refused = []
    for key, accepted in LIMITS.items():
        if recipe.get(key) not in accepted:
            settable = [value for value in accepted if value is not None] or accepted
            choices = " or ".join(dict.fromkeys(map(_text, settable)))
            refused.append(f"{key}: {_text(recipe.get(key))} is beyond this trainer; set it to {choices}")
    if refused:
        raise Refusal("; ".join(refused))


def without_effect(recipe):
    """Keys that leave data and mathematics as they are and that this trainer ignores. Ask when all others are read."""
    return [key for key in recipe.unread() if not key.startswith(MOOT)]


def _text(value):
    return value if isinstance(value, str) else json.dumps(value, default=str)
