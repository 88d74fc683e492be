# SPDX-License-Identifier: Apache-2.0
"""The trainer that recipes run by default: its parts, its refusals, and what a run leaves behind.

    python3 -m unittest discover -s tests/trainer
"""

import contextlib
import importlib.util
import json
import os
import unittest
import unittest.mock
import xml.etree.ElementTree

import numpy
import torch

from running import COLLECTION, HAS_FSDP2, LLAMA, QUIRKS, TORCHRUN, TrainerTest, resolved, saving, short, tiny

try:
    from omegaconf import OmegaConf
except ImportError:
    OmegaConf = None

from checkpoint import Checkpoints  # noqa: E402
from data import batch, from_files, source, synthetic  # noqa: E402
from llama import Llama, flops_per_token, rotations  # noqa: E402
from parallel import World  # noqa: E402
from pretrain import learning_rate  # noqa: E402
from recipe_config import Refusal, checked  # noqa: E402
from report import HARDWARE, bf16_flops  # noqa: E402

CPU = torch.device("cpu")


class Training(TrainerTest):
    def test_torchrun_starts_two_processes_that_learn_and_report(self):
        torchrun = (*TORCHRUN, "--standalone", "--nproc_per_node=2")
        done = self.run_trainer("two", tiny(trainer__max_steps=15), launcher=torchrun, **QUIRKS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], f"world size 2 (nodes 1 × devices 2), torch {torch.__version__}, backend gloo")
        self.assertIn("FSDP2: replicas 2" if HAS_FSDP2 else "no FSDP2 in this torch: DDP", lines[1])
        logged = [line for line in lines if line.startswith("step ")]
        self.assertRegex(logged[0], r"^step 1 loss \d+\.\d+ tokens/s \d+ per device, \d+\.\d+ s, peak \d+\.\d+ GiB$")
        self.assertRegex(lines[-1], r"^loss first \d+\.\d+ last \d+\.\d+$")
        losses = self.losses("two")
        self.assertEqual(sorted(losses), [1, 5, 10, 15])
        self.assertLess(losses[15], 0.6 * losses[1])
        curve = xml.etree.ElementTree.parse(self.folder / "two" / "loss.svg")
        points = [element for element in curve.iter() if element.tag.endswith("polyline")][0].get("points").split()
        self.assertEqual(len(points), 4)
        metrics = json.loads((self.folder / "two" / "metrics.jsonl").read_text().splitlines()[-1])
        self.assertEqual(sorted(metrics), ["loss", "peak_memory_bytes", "step", "step_seconds", "tokens_per_second_per_device"])
        self.assertGreater(metrics["peak_memory_bytes"], 2**26)

    def test_the_recipe_may_be_named_as_an_argument(self):
        self.run_trainer("named", short(1), RECIPE_CONFIG="")
        done = self.run_trainer("named", None, arguments=[str(self.folder / "named" / "recipe.yaml")])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse((self.folder / "named" / "checkpoints").exists())


    def test_on_a_terminal_a_line_tells_the_progress_and_a_missing_tensorboard_is_named(self):
        tree = short(3, exp_manager__create_tensorboard_logger=True, trainer__log_every_n_steps=2)
        ours, its = os.openpty()
        self.addCleanup(os.close, ours)
        process = self.start("terminal", tree, stdout=its)
        os.close(its)
        printed = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while data := os.read(ours, 65536):
                printed += data
        self.assertEqual(process.wait(timeout=300), 0, process.communicate()[1])
        self.assertRegex(printed.decode(), r"\r\x1b\[Kstep 2 of 3, \d+ s left")
        if importlib.util.find_spec("tensorboard"):
            self.assertTrue(list((self.folder / "terminal" / "tensorboard").iterdir()))
        else:
            self.assertIn("no TensorBoard log, its package is not installed", printed.decode())

    def test_between_two_logged_steps_the_time_of_a_step_is_their_mean(self):
        self.train("mean", short(6, trainer__log_every_n_steps=3))
        logged = [json.loads(line) for line in (self.folder / "mean" / "metrics.jsonl").read_text().splitlines()]
        self.assertEqual([metrics["step"] for metrics in logged], [1, 3, 6])
        for metrics in logged:
            self.assertAlmostEqual(metrics["tokens_per_second_per_device"] * metrics["step_seconds"], 2 * 64)


class Refusals(TrainerTest):
    def test_every_rank_exits_with_2_and_rank_0_says_why_in_one_line(self):
        tree = tiny(model__fp8=True, model__context_parallel_degree=2)
        first = self.run_trainer("first", tree, RANK="0")
        self.assert_refused(first, "model.fp8: true", "model.context_parallel_degree: 2", "set it to 1")
        other = self.run_trainer("other", tree, RANK="1")
        self.assertEqual((other.returncode, other.stdout + other.stderr), (2, ""))

    def test_a_missing_recipe_is_one_line(self):
        self.assert_refused(self.run_trainer("unset", None), "RECIPE_CONFIG")
        self.assert_refused(self.run_trainer("absent", None, RECIPE_CONFIG="/no/such.yaml"), "/no/such.yaml", "No such file")

    def test_a_file_that_is_no_recipe_is_one_line(self):
        broken = self.folder / "broken.yaml"
        for text, reason in ("model: [1,\n- x", "while parsing"), ("text", "no map `model`"), ("", "no map `model`"):
            broken.write_text(text)
            self.assert_refused(self.run_trainer("broken", None, RECIPE_CONFIG=str(broken)), str(broken), reason)

    @unittest.skipIf(torch.cuda.is_available(), "needs a node without GPUs")
    def test_a_gpu_recipe_on_a_node_without_gpus_is_one_line(self):
        done = self.run_trainer("gpu", resolved(
            "llama3_2_1b_pretrain", exp_manager__create_checkpoint_callback=False, model__shard_degree=1))
        self.assert_refused(done, "trainer.accelerator: gpu")

    def test_what_the_trainer_cannot_do_is_refused_by_name(self):
        for key, value in {
            "model.context_parallel_degree": 2,
            "model.expert_model_parallel_degree": 2,
            "model.peft.peft_type": "lora",
            "model.do_finetune": True,
            "model.offload_activations": True,
            "model.moe_load_balancing": "sinkhorn",
            "model.hf_model_name_or_path": "meta-llama/Llama-3.2-1B",
            "model.optim.name": "sgd",
            "trainer.precision": 16,
            "exp_manager.auto_checkpoint.enabled": True,
        }.items():
            with self.subTest(key), self.assertRaisesRegex(Refusal, f"^{key}: "):
                checked(tiny(**{key.replace(".", "__"): value}))

    def test_all_that_is_amiss_is_refused_at_once(self):
        with self.assertRaisesRegex(Refusal, "model.hidden_size: the recipe does not set it; .*model.forward_prefetch: "):
            checked(tiny(model__hidden_size=None, model__forward_prefetch=True))

    def test_a_key_that_nobody_reads_is_refused_by_name(self):
        done = self.run_trainer("unread", short(1, model__num_local_expert=4, model__dropout=0.1, model__quantize=False))
        self.assert_refused(done, "model.num_local_expert: this trainer does not know it", "model.dropout: ")

    def test_a_layout_that_the_world_or_the_model_has_no_room_for_is_refused_by_name(self):
        for overrides, ranks, key in (
            (dict(model__tensor_model_parallel_degree=4), 4, "model.num_key_value_heads 2"),
            (dict(model__tensor_model_parallel_degree=2), 1, "the world of 1"),
            (dict(model__tensor_model_parallel_degree=2, model__moe=True), 2, "model.moe"),
            (dict(model__sharding_strategy="hybrid_shard", model__shard_degree=3), 4, "model.shard_degree: 3"),
        ):
            if not HAS_FSDP2 and "shard_degree" in key:
                continue
            with self.subTest(key), unittest.mock.patch.dict(os.environ, WORLD_SIZE=str(ranks)):
                self.assertRaisesRegex(Refusal, key, lambda: World(checked(tiny(**overrides))))

    @unittest.skipIf(HAS_FSDP2, "needs a torch without FSDP2")
    def test_a_torch_without_fsdp2_refuses_tensor_parallelism_and_says_that_it_does_not_shard(self):
        tensor = self.run_trainer("tensor", short(1, model__tensor_model_parallel_degree=2), WORLD_SIZE="2")
        self.assert_refused(tensor, "model.tensor_model_parallel_degree: 2", "no FSDP2", "set it to 1")
        printed = self.train("full", short(1, model__sharding_strategy="full_shard", model__shard_degree=2), ranks=2)
        self.assertIn("the whole model on every device, not model.shard_degree 2", printed[1])

    def test_our_own_recipes_are_not_refused(self):
        for path in LLAMA.glob("*.yaml"):
            with self.subTest(path.stem):
                checked(resolved(path.stem))

    def test_a_value_of_the_wrong_kind_is_refused_by_name(self):
        wrong = {"hidden_size": "wide", "num_hidden_layers": 0, "num_key_value_heads": 3, "num_attention_heads": 5}
        for key, value in wrong.items():
            with self.subTest(key), self.assertRaisesRegex(Refusal, f"^model.{key}: "):
                checked(tiny(**{f"model__{key}": value}))

    def test_a_checkpoint_directory_made_of_null_or_below_a_file_is_refused(self):
        (self.folder / "file").write_text("")
        for directory in ("None/checkpoints", str(self.folder / "file" / "checkpoints")):
            with self.assertRaisesRegex(Refusal, "^exp_manager.checkpoint_dir: "):
                Checkpoints(checked(tiny(exp_manager__checkpoint_dir=directory)))

    def test_a_checkpoint_of_another_model_data_or_seed_is_refused_by_name(self):
        self.train("small", saving(1, 1))
        directory = self.folder / "small" / "checkpoints"
        text = self.folder / "text"
        text.mkdir()
        (text / "a.txt").write_bytes(bytes(1000))
        for said, other in {
            "model.hidden_size 64, here 32": dict(model__hidden_size=32),
            "model.num_hidden_layers 2, here 1": dict(model__num_hidden_layers=1),
            "model.moe False, here True": dict(model__moe=True),
            "model.seed 12345, here 7": dict(model__seed=7),
            "model.data synthetic, here 1000 tokens in 1 files": dict(model__data=dict(train_dir=str(text))),
        }.items():
            named = dict(exp_manager__resume_from_checkpoint=str(directory))
            for key, run, place in (("resume_from_checkpoint", "other", named), ("checkpoint_dir", "small", {})):
                with self.subTest(said, key=key):
                    done = self.run_trainer(run, saving(2, 1, **place, **other))
                    self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                    self.assertIn(f"exp_manager.{key}: {directory / 'step-000001'} is of another run ({said}", done.stderr)
                    self.assertEqual(len(done.stderr.splitlines()), 1)
        # Of a trainer that did not say what it trained, and of other numbers of the same run.
        progress = directory / "step-000001" / "progress.json"
        kept = json.loads(progress.read_text())
        del kept["run"]
        progress.write_text(json.dumps(kept))
        printed = self.train("same", short(2, exp_manager__resume_from_checkpoint=str(directory), model__optim__lr=0.001))
        self.assertIn("resumed after step 1", printed)


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


class Model(unittest.TestCase):
    def test_llama_3_2_1b_has_its_published_number_of_parameters(self):
        shape = checked(resolved("llama3_2_1b_pretrain")).model
        shape.max_context_width = 128  # the tables of rotations alone depend on it
        model = Llama(shape, torch.device("meta"))
        self.assertEqual(sum(parameter.numel() for parameter in model.parameters()), 1_235_814_400)

    def test_the_arithmetic_of_a_token_is_six_per_weight_and_half_the_attention_matrix(self):
        shape = checked(resolved("llama3_2_1b_pretrain")).model
        norms = (2 * 16 + 1) * 2048
        self.assertEqual(flops_per_token(shape), 6 * (1_235_814_400 - norms) + 6 * 16 * 2048 * 8192)
        routed = checked(tiny(model__moe=True, model__num_local_experts=4)).model
        plain = checked(tiny()).model
        self.assertEqual(flops_per_token(routed) - flops_per_token(plain), 6 * 2 * (3 * 64 * 128 + 64 * 4))

    def test_a_token_does_not_see_its_future(self):
        for overrides in ({}, {"model__moe": True, "model__num_local_experts": 4}):
            model = Llama(checked(tiny(**overrides)).model, CPU).eval()
            tokens = torch.randint(256, (1, 64), generator=torch.Generator().manual_seed(0))
            changed = tokens.clone()
            changed[0, 40:] = 7
            with torch.no_grad():
                before, after = model(tokens), model(changed)
            self.assertTrue(torch.allclose(before[0, :40], after[0, :40], atol=1e-6))
            self.assertFalse(torch.allclose(before[0, 40:], after[0, 40:], atol=1e-3))

    def test_every_token_goes_through_the_experts_that_its_router_likes_best(self):
        shape = checked(tiny(model__moe=True, model__num_local_experts=4)).model
        layer = Llama(shape, CPU).layers[0].mlp
        x = torch.randn(1, 5, 64, generator=torch.Generator().manual_seed(0))
        mixed = layer(x)
        for position in range(5):
            token = x[0, position]
            likes = (layer.gate.weight @ token).softmax(-1)
            best = likes.argsort(descending=True)[:2]
            expected = sum(likes[e] / likes[best].sum() * layer.experts[e](token) for e in best)
            self.assertTrue(torch.allclose(mixed[0, position], expected, atol=1e-6))

    def test_activation_checkpointing_changes_no_gradient(self):
        gradients = []
        for on in (False, True):
            torch.manual_seed(0)
            model = Llama(checked(tiny(model__activation_checkpointing=on)).model, CPU)
            model(torch.arange(64).unsqueeze(0)).square().mean().backward()
            gradients.append(model.layers[0].self_attn.q_proj.weight.grad)
        self.assertTrue(torch.allclose(*gradients))

    def test_llama3_scaling_slows_low_frequencies_alone(self):
        recipe = resolved("llama3_2_1b_pretrain", model__max_context_width=2)
        scaled = rotations(checked(recipe).model, CPU)[1][1]
        recipe["model"]["rope_scaling"] = None
        plain = rotations(checked(recipe).model, CPU)[1][1]
        self.assertAlmostEqual(scaled[0].item(), plain[0].item())
        self.assertAlmostEqual(scaled[31].item() * 32, plain[31].item(), delta=1e-9)

    def test_tied_embeddings_share_one_matrix(self):
        for tied in (True, False):
            model = Llama(checked(tiny(model__tie_word_embeddings=tied)).model, CPU)
            self.assertEqual(model.lm_head.weight is model.embed_tokens.weight, tied)


class DataAndSchedule(TrainerTest):
    def test_samples_depend_on_seed_and_number_alone(self):
        sample = synthetic(1000, 32, seed=1)
        inputs, targets = batch(sample, 4, 4, CPU)
        self.assertTrue(torch.equal(inputs[2], batch(sample, 6, 1, CPU)[0][0]))
        self.assertTrue(torch.equal(inputs[:, 1:], targets[:, :-1]))
        self.assertFalse(torch.equal(inputs, batch(synthetic(1000, 32, seed=2), 4, 4, CPU)[0]))

    def test_most_synthetic_tokens_have_one_successor(self):
        inputs, targets = batch(synthetic(100_000, 4096, seed=1), 0, 1, CPU)
        inputs, targets = inputs[0].tolist(), targets[0].tolist()
        successors = {}
        for here, there in zip(inputs, targets):
            successors.setdefault(here, []).append(there)
        usual = sum(max(map(followers.count, set(followers))) for followers in successors.values())
        self.assertEqual(len(successors), 64)
        self.assertAlmostEqual(usual / 4096, 0.9, delta=0.03)

    def test_files_of_tokens_and_text_are_read_whole_and_shuffled_by_epoch(self):
        numpy.save(self.folder / "a.npy", numpy.arange(100, 181, dtype="int32"))
        numpy.arange(200, 241, dtype="<u2").tofile(self.folder / "b.bin")
        (self.folder / "c.md").write_text("0123456789abcdef")
        (self.folder / "d.txt").write_text("ghijklmnopqrstuvwxyz")
        (self.folder / "ignored.json").write_text("{}" * 100)
        sample = from_files(self.folder, 300, 8, seed=3)
        windows = [sample(number) for number in range(19)]
        starts = sorted(window[0].item() for window in windows)
        self.assertEqual(starts, sorted([*range(100, 180, 8), *range(200, 240, 8), 48, 56, 0, ord("n")]))
        for window in windows:
            self.assertEqual(len(window), 9)
        again = [sample(number) for number in range(19, 38)]
        self.assertEqual(sorted(window[0].item() for window in again), starts)
        self.assertNotEqual([window[0].item() for window in again], [window[0].item() for window in windows])
        self.assertTrue(torch.equal(from_files(self.folder, 300, 8, seed=3)(25), again[6]))

    def test_data_that_is_missing_short_or_outside_the_vocabulary_is_refused_by_name(self):
        empty, text = self.folder / "empty", self.folder / "text"
        for folder in (empty, text):
            folder.mkdir()
        (text / "a.txt").write_text("ä" * 100)
        for directory, vocabulary, word in ((None, 256, "train_dir"), (str(empty), 256, "no 65 tokens"), (str(text), 100, "model.vocab_size")):
            recipe = checked(tiny(model__vocab_size=vocabulary, model__data=dict(use_synthetic_data=False, train_dir=directory)))
            with self.assertRaisesRegex(Refusal, word):
                source(recipe, "train_dir")(0)

    def test_the_rate_warms_up_falls_and_stays(self):
        sched = dict(name="CosineAnnealing", min_lr=0.1, warmup_steps=2, constant_steps=2)
        recipe = checked(tiny(model__lr_decay_iters=10, model__optim__lr=1.0, model__optim__sched=sched))
        rates = [learning_rate(recipe, step) for step in range(12)]
        self.assertEqual(rates[:3], [0.5, 1.0, 1.0])
        self.assertEqual(rates[2:], sorted(rates[2:], reverse=True))
        self.assertAlmostEqual(rates[5], 0.55)
        for late in rates[8:]:
            self.assertAlmostEqual(late, 0.1)

    def test_a_devices_peak_is_the_catalogues(self):
        for device, peak in {"NVIDIA H200": 989e12, "NVIDIA H100 80GB HBM3": 989e12, "NVIDIA A100-SXM4-40GB": 312e12,
                             "NVIDIA L40S": 362e12, "NVIDIA L4": 121e12, "Tesla T4": None, "NVIDIA GB200": 2500e12,
                             "AMD Instinct": None}.items():
            self.assertEqual(bf16_flops(device, HARDWARE), peak, device)
        self.assertIsNone(bf16_flops("NVIDIA H200", self.folder / "none.yaml"))


if __name__ == "__main__":
    unittest.main()
