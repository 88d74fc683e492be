# SPDX-License-Identifier: Apache-2.0
"""What a run computes does not depend on how it is laid out, interrupted or resumed.

Single precision sums in another order on another layout: a loss may differ by TOLERANCE, of losses between 5.6 and 4.
"""

import collections
import math
import signal
import time
import unittest
import xml.etree.ElementTree
from pathlib import Path

import torch

from running import HAS_FSDP2, TrainerTest, saving, short

TOLERANCE = 2e-4
SHARDED = dict(model__sharding_strategy="full_shard", model__shard_degree=None)
HYBRID = dict(model__sharding_strategy="hybrid_shard", model__shard_degree=None)
TENSOR = dict(model__tensor_model_parallel_degree=2)
# Every one has a global batch of 4: ranks, sequences per data-parallel rank, and what the recipe says.
DDP = {"two ranks": (2, 2, {}), "four ranks": (4, 1, {})}
FSDP2 = {
    "full shard 2": (2, 2, SHARDED),
    "full shard 4": (4, 1, SHARDED),
    "hybrid 2 x 2": (4, 1, dict(model__sharding_strategy="hybrid_shard", model__shard_degree=2)),
    "tensor 2": (2, 4, TENSOR),
    "tensor 2 x shard 2": (4, 2, dict(**TENSOR, **SHARDED)),
    "tensor 2 x replicas 2, untied": (4, 2, dict(**TENSOR, model__tie_word_embeddings=False)),
    "full shard 2, recomputed": (2, 2, dict(**SHARDED, model__activation_checkpointing=True)),
    "full shard 2, experts": (2, 2, dict(**SHARDED, model__moe=True, model__num_local_experts=4)),
}


class Layouts(TrainerTest):
    def check(self, layouts):
        alone = {}
        for name, (ranks, size, overrides) in layouts.items():
            # What the layout says about the model holds for the one process, too.
            kind = tuple((key, value) for key, value in overrides.items() if key in ("model__moe", "model__num_local_experts",
                                                                                    "model__tie_word_embeddings"))
            if kind not in alone:
                alone[kind] = self.losses(f"alone {len(alone)}", short(5, model__train_batch_size=4, **dict(kind)))
            with self.subTest(name):
                losses = self.losses(name, short(5, model__train_batch_size=size, **overrides), ranks)
                self.assert_same_losses(losses, alone[kind], TOLERANCE)

    def test_the_same_seed_gives_the_same_losses_on_one_two_and_four_replicas(self):
        self.check(DDP)

    @unittest.skipUnless(HAS_FSDP2, "needs FSDP2 on the CPU")
    def test_the_same_seed_gives_the_same_losses_however_the_model_is_spread(self):
        self.check(FSDP2)

    def test_accumulated_gradients_equal_those_of_the_large_batch(self):
        large = self.losses("large", short(5, model__train_batch_size=4))
        self.assert_same_losses(self.losses("small", short(5, model__train_batch_size=1, trainer__accumulate_grad_batches=4)),
                                large, TOLERANCE)
        both = short(5, model__train_batch_size=1, trainer__accumulate_grad_batches=2)
        self.assert_same_losses(self.losses("both", both, ranks=2), large, TOLERANCE)

    def test_bf16_learns_as_single_precision_does(self):
        single = self.losses("single", short(6, model__train_batch_size=2))
        half = self.losses("half", short(6, model__train_batch_size=2, model__precision="bf16"))
        self.assert_same_losses(half, single, 0.05)
        self.assertNotEqual(half, single)


class Nodes(TrainerTest):
    def check(self, layouts):
        alone = self.losses("alone", short(4, model__train_batch_size=16))
        for name, (size, said, overrides) in layouts.items():
            with self.subTest(name):
                tree = saving(4, 2, model__train_batch_size=size, **overrides)
                printed = self.lines_of(self.start_nodes(name, tree, 4))
                self.assertIn(f"world size 8 (nodes 4 × devices 2), torch {torch.__version__}, backend gloo", printed)
                self.assertTrue([line for line in printed if line.startswith(said)], printed)
                self.assert_same_losses(self.losses(name), alone, TOLERANCE)
                checkpoints = self.folder / name / "checkpoints"
                self.assertEqual(sorted(path.parent.name for path in checkpoints.glob("*/progress.json")),
                                 ["step-000002", "step-000004"])
        return alone

    @unittest.skipIf(HAS_FSDP2, "needs a torch without FSDP2")
    def test_torchrun_on_four_nodes_replicates(self):
        self.check({"replicas": (2, "no FSDP2 in this torch: DDP", {})})

    @unittest.skipUnless(HAS_FSDP2, "needs FSDP2 on the CPU")
    def test_torchrun_on_four_nodes_shards_and_splits_and_on_two_goes_on(self):
        alone = self.check({
            "sharded": (2, "FSDP2: replicas 1 × shards 8 × tensor parallel 1", SHARDED),
            "hybrid": (2, "FSDP2: replicas 4 × shards 2 × tensor parallel 1", HYBRID),
            "split": (4, "FSDP2: replicas 1 × shards 4 × tensor parallel 2", {**TENSOR, **SHARDED}),
        })
        cut = self.folder / "sharded" / "checkpoints" / "step-000002"
        tree = short(4, model__train_batch_size=4, exp_manager__resume_from_checkpoint=str(cut), **TENSOR, **SHARDED)
        printed = self.lines_of(self.start_nodes("two", tree, 2))
        self.assertIn("keeping the checkpoint's global batch of 16: 2 micro-batches of 4", printed)
        self.assert_same_losses(self.losses("two"), {step: alone[step] for step in (3, 4)}, TOLERANCE)


class Resuming(TrainerTest):
    def test_a_resumed_run_equals_an_uninterrupted_one_step_by_step(self):
        whole = self.losses("whole", short(7), ranks=2)
        self.train("cut", saving(4, 2, model__lr_decay_iters=30), ranks=2)
        printed = self.train("cut", saving(7, 2), ranks=2)
        self.assertIn("resumed after step 4", printed)
        self.assertEqual(self.losses("cut"), whole)
        curve = xml.etree.ElementTree.parse(self.folder / "cut" / "loss.svg")
        points = next(element for element in curve.iter() if element.tag.endswith("polyline")).get("points")
        self.assertEqual([point.split(",")[0] for point in points.split()], ["1", "2", "3", "4", "5", "6", "7"])

    @unittest.skipUnless(HAS_FSDP2, "needs FSDP2 on the CPU")
    def test_it_does_so_on_other_ranks_and_degrees_with_the_same_global_batch(self):
        whole = self.losses("whole", short(6, model__train_batch_size=4))
        self.train("cut", saving(3, 3, model__train_batch_size=1, **SHARDED), ranks=4)
        cut = self.folder / "cut" / "checkpoints"
        for name, (ranks, times, overrides) in {
            "half the ranks": (2, 2, SHARDED), "tensor parallel": (2, 4, TENSOR), "both": (4, 2, {**TENSOR, **SHARDED}),
            "alone": (1, 4, {}),
        }.items():
            with self.subTest(name):
                tree = short(6, model__train_batch_size=1, exp_manager__resume_from_checkpoint=str(cut), **overrides)
                printed = self.train(name, tree, ranks)
                self.assertIn(f"keeping the checkpoint's global batch of 4: {times} micro-batches of 1", printed)
                self.assert_same_losses(self.losses(name), {step: whole[step] for step in (4, 5, 6)}, TOLERANCE)

    def test_the_global_batch_is_kept_on_fewer_replicas(self):
        whole = self.losses("whole", short(5, model__train_batch_size=2))
        self.train("cut", saving(3, 3, model__train_batch_size=1), ranks=2)
        printed = self.train("cut", saving(5, 3, model__train_batch_size=1))
        self.assertIn("keeping the checkpoint's global batch of 2: 2 micro-batches of 1", printed)
        self.assert_same_losses(self.losses("cut"), whole, TOLERANCE)

    def test_a_torn_checkpoint_falls_back_to_the_one_before_and_says_so(self):
        spread = SHARDED if HAS_FSDP2 else {}
        whole = self.losses("whole", saving(6, 2, **spread), ranks=2)
        directory = self.folder / "whole" / "checkpoints"
        for step, damage in ((6, lambda data: data[: len(data) // 2]), (4, lambda data: bytes(len(data)))):
            newest = directory / f"step-{step:06d}"
            # Where each rank writes a file, it is rank 1's: rank 0 itself could read what it needs.
            victim = max(newest.glob("__1_*.distcp"), default=newest / "state.pt")
            victim.write_bytes(damage(victim.read_bytes()))
            resumed = short(6, exp_manager__resume_from_checkpoint=str(directory), **spread)
            printed = self.train(newest.name, resumed, ranks=2)
            said = [line.split(":")[0] for line in printed if "cannot be used" in line]
            self.assertIn(f"checkpoint {newest} cannot be used", said)
            self.assertIn(f"resumed after step {step - 2}", printed)
            self.assertEqual(self.losses(newest.name), {later: whole[later] for later in range(step - 1, 7)})
        (directory / "step-000002" / "progress.json").unlink()
        done = self.run_trainer("none", short(6, exp_manager__resume_from_checkpoint=str(directory)))
        self.assertEqual(done.returncode, 2)
        self.assertIn("exp_manager.resume_from_checkpoint: no checkpoint in", done.stderr)

    def test_the_newest_checkpoints_are_kept_and_a_restarted_job_prefers_its_own(self):
        self.train("first", saving(6, 2, keep=2))
        directory = self.folder / "first" / "checkpoints"
        self.assertEqual(sorted(path.name for path in directory.iterdir()), ["step-000004", "step-000006"])
        other = str(directory / "step-000004")
        printed = self.train("second", saving(6, 5, exp_manager__resume_from_checkpoint=other), SLURM_RESTART_COUNT="0")
        self.assertIn("resumed after step 4", printed)
        printed = self.train("second", saving(7, 5, exp_manager__resume_from_checkpoint=other), SLURM_RESTART_COUNT="1")
        self.assertIn("resumed after step 5", printed)

    def test_a_signal_to_one_rank_makes_all_save_and_stop_with_a_code_of_its_own(self):
        whole = self.losses("whole", short(3), ranks=2)
        processes = self.start_ranks("cut", saving(100_000, 99_999, model__lr_decay_iters=30), 2)
        metrics = self.folder / "cut" / "metrics.jsonl"
        while not (metrics.exists() and metrics.read_text()):
            self.assertIsNone(processes[0].poll())
            time.sleep(0.05)
        processes[1].send_signal(signal.SIGUSR1)
        ended = [process.communicate(timeout=300) for process in processes]
        self.assertEqual([process.returncode for process in processes], [75, 75], ended)
        saved = max((self.folder / "cut" / "checkpoints").glob("step-*"))
        stopped = int(saved.name[-6:])
        self.assertIn(f"asked to stop: after step {stopped}", ended[0][0])
        self.assertEqual({step: loss for step, loss in self.losses("cut").items() if step <= 3},
                         {step: loss for step, loss in whole.items() if step <= stopped})

    def test_the_exported_model_has_the_weights_that_were_trained(self):
        self.train("run", saving(2, 2, exp_manager__export_full_model=dict(every_n_train_steps=0, save_last=True)), ranks=2)
        weights = torch.load(self.folder / "run" / "checkpoints" / "model-000002.pt", weights_only=True)
        self.assertEqual(weights["model.layers.1.mlp.down_proj.weight"].shape, (64, 128))
        self.assertTrue(torch.equal(weights["lm_head.weight"], weights["model.embed_tokens.weight"]))
        self.assertGreater((weights["model.norm.weight"] - 1).abs().max().item(), 1e-4)


class Learning(TrainerTest):
    def test_on_our_own_documentation_it_learns_more_than_which_letter_follows_which(self):
        root = Path(__file__).resolve().parents[2]
        text = self.folder / "text"
        text.mkdir()
        for path in (root / "README.md", root / "docs" / "trainer.md"):
            # Their beginnings, so that longer documentation does not ask for more steps.
            (text / path.name).write_bytes(path.read_bytes()[:4000])
        data = b"\0".join(path.read_bytes() for path in sorted(text.iterdir()))
        pairs, firsts = collections.Counter(zip(data, data[1:])), collections.Counter(data[:-1])
        bigram = -sum(n * math.log(n / firsts[a]) for (a, _), n in pairs.items()) / (len(data) - 1)
        losses = self.losses("run", short(600, model__lr_decay_iters=600, model__train_batch_size=4,
                                          model__data=dict(use_synthetic_data=False, train_dir=str(text))))
        epoch = len(data) // (64 * 4)
        last = [losses[step] for step in range(601 - epoch, 601)]
        self.assertLess(sum(last) / len(last), bigram)

    def test_validation_uses_its_own_data_and_changes_no_training(self):
        plain = self.losses("plain", short(4))
        validated = short(4, trainer__limit_val_batches=2, trainer__val_check_interval=2, model__val_batch_size=2)
        printed = self.train("validated", validated)
        said = [line for line in printed if "validation loss" in line]
        self.assertEqual([line.split()[1] for line in said], ["2", "4"])
        self.assertEqual(self.losses("validated"), plain)


if __name__ == "__main__":
    unittest.main()
