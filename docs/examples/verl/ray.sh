#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
address=${hosts[0]}:6379
helper=(srun --recipe-step=helper --overlap --cpu-bind=none --nodes=1 --ntasks=1)
"${helper[@]}" -w "${hosts[0]}" ray start --head --node-ip-address="${hosts[0]}" --port=6379 --block &
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
until "${helper[@]}" -w "${hosts[0]}" ray status --address="$address" >/dev/null 2>&1; do kill -0 $!; sleep 2; done
for host in "${hosts[@]:1}"; do
    "${helper[@]}" -w "$host" ray start --address="$address" --block &
done
cut='import os, yaml; print(yaml.safe_dump(yaml.safe_load(open(os.environ["RECIPE_CONFIG"]))["training_config"]))'
python3 -c "$cut" >"$RECIPE_RESULTS_DIR/verl.yaml"
RAY_ADDRESS=$address "${helper[@]}" -w "${hosts[0]}" python3 -um verl.trainer.main_ppo \
    --config-path="$RECIPE_RESULTS_DIR" --config-name=verl
