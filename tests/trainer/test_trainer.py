"""The trainer that recipes run by default: real runs of the tiny recipe on the CPU, and its refusals.

    python3 -m unittest discover -s tests/trainer
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch
import yaml

try:
    from omegaconf import OmegaConf
except ImportError:
    OmegaConf = None

COLLECTION = Path(__file__).resolve().parents[2] / "recipes_collection"
TRAIN = COLLECTION / "entrypoints" / "train.py"
LLAMA = COLLECTION / "recipes" / "training" / "llama"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TRAIN.parent))

import checkpoint  # noqa: E402
from data import SyntheticData  # noqa: E402
from llama import Llama, LlamaShape, RopeScaling, rotations  # noqa: E402
from pretrain import Cosine, make_model  # noqa: E402
from recipe_config import LocalRefusal, Recipe, Refusal  # noqa: E402
from supported import refuse_unsupported, without_effect  # noqa: E402


def resolved(name, **overrides):
    """The recipe as the launcher hands it over, with overrides such as model__fp8=True."""
    tree = yaml.safe_load((LLAMA / f"{name}.yaml").read_text())
    tree["run"]["results_dir"] = "/results"
    tree["exp_manager"].update(exp_dir="/results/1", checkpoint_dir="/results/1/checkpoints")
    tree["model"].update(
        max_position_embeddings=tree["model"]["max_context_width"],
        precision=tree["trainer"]["precision"],
        lr_decay_iters=tree["trainer"]["max_steps"],
    )
    for key, value in overrides.items():
        *parents, last = key.split("__")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return tree


def tiny(**overrides):
    return resolved("llama_tiny_cpu_pretrain", **overrides)


class TrainerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_trainer(self, name, tree, launcher=(sys.executable,), arguments=None, **environment):
        """Runs train.py with `tree` as its recipe and the folder `name` for its files."""
        results = self.folder / name
        results.mkdir(exist_ok=True)
        if tree is not None:
            tree["exp_manager"].update(exp_dir=str(results), checkpoint_dir=str(results / "checkpoints"))
            (results / "recipe.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
            environment.setdefault("RECIPE_CONFIG", str(results / "recipe.yaml"))
        inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        environment = {"PYTHONDONTWRITEBYTECODE": "1", "RECIPE_RESULTS_DIR": str(results), **inherited, **environment}
        return subprocess.run(
            [*launcher, str(TRAIN), *(arguments or [])], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
        )

    def train(self, name, tree, **options):
        done = self.run_trainer(name, tree, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout.splitlines()

    def losses(self, name):
        lines = (self.folder / name / "metrics.jsonl").read_text().splitlines()
        return {metrics["step"]: metrics["loss"] for metrics in map(json.loads, lines)}

    def assert_refused(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)


class Training(TrainerTest):
    def test_two_processes_learn_what_one_does_with_the_same_global_batch(self):
        steps = dict(trainer__max_steps=15, trainer__log_every_n_steps=1)
        torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")
        # torch 1.13's torchrun fails under Python 3.11 unless redirects name some rank, here one that does not exist.
        quirks = {"PET_REDIRECTS": "9:1", "PET_TEE": "9:1"} if torch.__version__.startswith("1.") else {}
        two = self.train("two", tiny(model__train_batch_size=2, **steps), launcher=torchrun, **quirks)
        one = self.train("one", tiny(model__train_batch_size=4, **steps))

        self.assertEqual(two[0], f"world size 2 (nodes 1 × devices 2), torch {torch.__version__}, backend gloo")
        self.assertEqual(one[0], f"world size 1 (nodes 1 × devices 1), torch {torch.__version__}, backend none")
        self.assertRegex(two[1], r"^step 1 loss \d+\.\d+ tokens/s \d+$")
        self.assertRegex(two[-1], r"^loss first \d+\.\d+ last \d+\.\d+$")
        losses = self.losses("two")
        self.assertEqual(sorted(losses), list(range(1, 16)))
        self.assertLess(losses[15], 0.6 * losses[1])
        for step, loss in self.losses("one").items():
            self.assertAlmostEqual(loss, losses[step], delta=2e-3, msg=f"step {step}")

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        steps = dict(
            trainer__max_steps=9, trainer__log_every_n_steps=1,
            exp_manager__checkpoint_callback_params=dict(save_top_k=2, every_n_train_steps=3, save_last=True),
        )
        printed = self.train("whole", tiny(**steps))
        directory = self.folder / "whole" / "checkpoints"
        self.assertEqual([line for line in printed if line.startswith("checkpoint")],
                         [f"checkpoint {directory}/step-00000{step}.pt" for step in (3, 6, 9)])
        self.assertEqual(sorted(path.name for path in directory.iterdir()), ["last.pt", "step-000006.pt", "step-000009.pt"])
        self.assertEqual(os.readlink(directory / "last.pt"), "step-000009.pt")

        (directory / "step-000009.pt").unlink()
        printed = self.train("resumed", tiny(exp_manager__resume_from_checkpoint=str(directory), **steps))
        self.assertIn("resumed after step 6", printed)
        whole = self.losses("whole")
        self.assertEqual(self.losses("resumed"), {step: whole[step] for step in (7, 8, 9)})

        torn = directory / "step-000006.pt"
        torn.write_bytes(torn.read_bytes()[:100_000])
        done = self.run_trainer("torn", tiny(exp_manager__resume_from_checkpoint=str(torn), **steps))
        self.assert_refused(done, "exp_manager.resume_from_checkpoint", str(torn))

    def test_without_torchrun_ranks_come_from_the_environment_and_the_recipe_from_arguments(self):
        tree = tiny(trainer__max_steps=2, exp_manager__create_checkpoint_callback=False)
        self.run_trainer("direct", tree, RECIPE_CONFIG="")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        script = f'for rank in 0 1; do RANK=$rank LOCAL_RANK=$rank "{sys.executable}" "$@" & done; wait -n && wait -n'
        printed = self.train(
            "direct", tree, launcher=("bash", "-c", script, "bash"),
            arguments=[f"--config-path={self.folder / 'direct'}", "--config-name=recipe"],
            RECIPE_CONFIG="", WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=port, USE_LIBUV="0",
        )
        self.assertTrue(printed[0].startswith("world size 2 (nodes 1 × devices 2)"), printed)
        self.assertFalse((self.folder / "direct" / "checkpoints").exists())


class Refusals(TrainerTest):
    def test_every_rank_exits_with_2_and_rank_0_says_why_in_one_line(self):
        tree = tiny(model__fp8=True, model__tensor_model_parallel_degree=2)
        first = self.run_trainer("first", tree, RANK="0")
        self.assert_refused(first, "model.fp8: true", "model.tensor_model_parallel_degree: 2", "set it to 1")
        other = self.run_trainer("other", tree, RANK="1")
        self.assertEqual((other.returncode, other.stdout + other.stderr), (2, ""))

    def test_a_missing_recipe_is_one_line(self):
        self.assert_refused(self.run_trainer("unset", None), "RECIPE_CONFIG is not set")
        self.assert_refused(self.run_trainer("absent", None, RECIPE_CONFIG="/no/such.yaml"), "/no/such.yaml", "No such file")

    def test_a_file_that_is_no_recipe_is_one_line(self):
        broken = self.folder / "broken.yaml"
        for text, reason in ("model: [1,\n- x", "not valid YAML"), ("text", "no map `model`"), ("", "no map `model`"):
            broken.write_text(text)
            self.assert_refused(self.run_trainer("broken", None, RECIPE_CONFIG=str(broken)), str(broken), reason)

    @unittest.skipIf(torch.cuda.is_available(), "needs a node without GPUs")
    def test_a_gpu_recipe_on_a_node_without_gpus_is_one_line(self):
        self.assert_refused(self.run_trainer("gpu", resolved("llama3_2_1b_pretrain")), "trainer.accelerator: gpu")

    def test_what_the_trainer_cannot_do_is_refused_by_name(self):
        for key, value in {
            "model.moe": True,
            "model.context_parallel_degree": 2,
            "model.expert_model_parallel_degree": 2,
            "model.peft.peft_type": "lora",
            "model.do_finetune": True,
            "model.hf_model_name_or_path": "meta-llama/Llama-3.2-1B",
            "model.data.use_synthetic_data": False,
            "model.optim.name": "sgd",
            "trainer.accumulate_grad_batches": 4,
            "trainer.limit_val_batches": 2,
            "trainer.precision": 16,
            "exp_manager.auto_checkpoint.enabled": True,
        }.items():
            with self.subTest(key), self.assertRaisesRegex(Refusal, f"^{key}: "):
                refuse_unsupported(Recipe(tiny(**{key.replace(".", "__"): value})))

    def test_our_own_recipes_are_not_refused(self):
        for path in LLAMA.glob("*.yaml"):
            with self.subTest(path.stem):
                refuse_unsupported(Recipe(resolved(path.stem)))

    def test_a_value_of_the_wrong_kind_is_refused_by_name(self):
        wrong = {"hidden_size": "wide", "num_hidden_layers": 0, "num_key_value_heads": 3, "num_attention_heads": 5}
        for key, value in wrong.items():
            with self.subTest(key), self.assertRaisesRegex(Refusal, f"^model.{key}: "):
                Recipe(tiny(**{f"model__{key}": value})).fill(LlamaShape, "model")

    def test_a_checkpoint_directory_made_of_null_is_refused(self):
        tree = tiny(exp_manager__checkpoint_dir="None/checkpoints")
        with self.assertRaisesRegex(Refusal, "^exp_manager.checkpoint_dir: "):
            checkpoint.Checkpoints(Recipe(tree), 10)

    def test_a_checkpoint_directory_that_cannot_be_made_is_refused_before_the_ranks_meet(self):
        (self.folder / "file").write_text("")
        recipe = Recipe(tiny(exp_manager__checkpoint_dir=str(self.folder / "file" / "checkpoints")))
        with self.assertRaisesRegex(LocalRefusal, "^exp_manager.checkpoint_dir: "):
            checkpoint.Checkpoints(recipe, 10).prepare()

    def test_a_checkpoint_of_something_else_is_refused(self):
        path = self.folder / "other.pt"
        torch.save({"weights": torch.zeros(1)}, path)
        with self.assertRaisesRegex(LocalRefusal, "^exp_manager.resume_from_checkpoint: .* not a checkpoint of this trainer"):
            checkpoint.resume(Recipe(tiny(exp_manager__resume_from_checkpoint=str(path))))


class Recipes(unittest.TestCase):
    @unittest.skipUnless(OmegaConf, "needs OmegaConf")
    def test_every_file_loads_and_resolves_with_omegaconf(self):
        OmegaConf.register_new_resolver("hydra", lambda name: name, replace=True)
        for path in LLAMA.glob("*.yaml"):
            with self.subTest(path.stem):
                root = OmegaConf.load(COLLECTION / "config.yaml")
                root.cluster = OmegaConf.load(COLLECTION / "cluster" / "slurm.yaml")
                root.recipes = OmegaConf.load(path)
                root.base_results_dir = "/results"
                root.recipes.exp_manager.exp_dir = "/results/1"
                tree = OmegaConf.to_container(root, resolve=True)["recipes"]
                self.assertEqual(tree["run"].pop("results_dir"), f"/results/{tree['run']['name']}")
                expected = resolved(path.stem)
                del expected["run"]["results_dir"]
                for key in ("lr", "min_lr"):
                    optim = expected["model"]["optim"] if key == "lr" else expected["model"]["optim"]["sched"]
                    optim[key] = float(optim[key])
                expected["model"]["layernorm_epsilon"] = float(expected["model"]["layernorm_epsilon"])
                self.assertEqual(tree, expected)
                self.assertTrue((COLLECTION / root.launch.entry_script).is_file())

    def test_keys_that_change_no_result_are_named_not_dropped(self):
        recipe = Recipe(tiny(model__forward_prefetch=True, model__offload_activations=False))
        ignored = without_effect(recipe)
        self.assertIn("model.forward_prefetch", ignored)
        self.assertNotIn("model.offload_activations", ignored)


class Model(unittest.TestCase):
    def test_llama_3_2_1b_has_its_published_number_of_parameters(self):
        model = make_model(Recipe(resolved("llama3_2_1b_pretrain")), torch.device("meta"))
        self.assertEqual(sum(parameter.numel() for parameter in model.parameters()), 1_235_814_400)

    def test_a_token_does_not_see_its_future(self):
        model = make_model(Recipe(tiny()), torch.device("cpu")).eval()
        tokens = torch.randint(256, (1, 64), generator=torch.Generator().manual_seed(0))
        changed = tokens.clone()
        changed[0, 40:] = 7
        with torch.no_grad():
            before, after = model(tokens), model(changed)
        self.assertTrue(torch.allclose(before[0, :40], after[0, :40], atol=1e-6))
        self.assertFalse(torch.allclose(before[0, 40:], after[0, 40:], atol=1e-3))

    def test_activation_checkpointing_changes_no_gradient(self):
        gradients = []
        for on in (False, True):
            recipe = Recipe(tiny(model__activation_checkpointing=on))
            model = make_model(recipe, torch.device("cpu"))
            model(torch.arange(64).unsqueeze(0)).square().mean().backward()
            gradients.append(model.blocks[0].attention.query.weight.grad)
        self.assertTrue(torch.allclose(*gradients))

    def test_llama3_scaling_slows_low_frequencies_alone(self):
        frequencies = torch.tensor([1.0, 1e-5])
        scaled = RopeScaling(32.0, 1.0, 4.0, 8192).apply(frequencies)
        self.assertTrue(torch.allclose(scaled, torch.tensor([1.0, 1e-5 / 32])))

    def test_positions_rotate_relative_to_each_other(self):
        shape = LlamaShape(8, 1, 8, 1, 1, 8, 8)
        cos, sin = rotations(shape, None, torch.device("cpu"))
        self.assertEqual(tuple(cos.shape), (8, 8))
        self.assertTrue(torch.allclose(cos[0], torch.ones(8)) and torch.allclose(sin[0], torch.zeros(8)))

    def test_tied_embeddings_share_one_matrix(self):
        shape = LlamaShape(8, 1, 8, 1, 1, 8, 8, tie_word_embeddings=True)
        model = Llama(shape, None, torch.device("cpu"))
        self.assertIs(model.head.weight, model.embedding.weight)


class DataAndSchedule(unittest.TestCase):
    def test_samples_depend_on_seed_and_number_alone(self):
        data = SyntheticData(vocabulary=1000, sequence=32, seed=1)
        inputs, targets = data.batch(first=4, size=4)
        self.assertTrue(torch.equal(inputs[2], data.batch(first=6, size=1)[0][0]))
        self.assertTrue(torch.equal(inputs[:, 1:], targets[:, :-1]))
        self.assertFalse(torch.equal(inputs, SyntheticData(1000, 32, seed=2).batch(4, 4)[0]))

    def test_most_tokens_have_one_successor(self):
        data = SyntheticData(vocabulary=100_000, sequence=4096, seed=1)
        inputs, targets = data.batch(0, 1)
        place = {token: index for index, token in enumerate(data.ring.tolist())}
        follows = sum(place[b] == (place[a] + 1) % 64 for a, b in zip(inputs[0].tolist(), targets[0].tolist()))
        self.assertAlmostEqual(follows / 4096, 0.9, delta=0.03)

    def test_the_rate_warms_up_falls_and_stays(self):
        rates = [Cosine(0.1, 2, 2).rate(step, 1.0, 10) for step in range(12)]
        self.assertEqual(rates[:3], [0.5, 1.0, 1.0])
        self.assertEqual(rates[2:], sorted(rates[2:], reverse=True))
        self.assertAlmostEqual(rates[5], 0.55)
        self.assertEqual(rates[8:], [0.1] * 4)


if __name__ == "__main__":
    unittest.main()
