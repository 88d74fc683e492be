#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What srecipe tells of the data it has: hardware and families, the site's among them; and the generators of these data's
# constants. SRECIPE names the program in its build tree.

bats_require_minimum_version 1.5.0

: "${SRECIPE:?the program to test}"

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    cat >hardware.yaml <<'END'
accelerators: {x1: {name: Maker X1, kind: gpu, memory_gib: 48, bf16: true, fp8: false}}
instance_types:
  box: {accelerator: x1, devices: 3}
  g5.48xlarge: {network_gbps: 200}
END
    cat >families.yaml <<'END'
families:
  ours: {title: our program, like: hf, when: [{path: recipes.ours, is_map: true}], keys: {expert: null}}
END
    printf 'hardware: [%s/hardware.yaml]\nfamilies: [%s/families.yaml]\n' "$PWD" "$PWD" >site.yaml
    generators=$(dirname "$SRECIPE")/../lib
}

# value_of JSON KEY...: what stands there.
value_of() {
    /usr/bin/python3 -c '
import json, sys
value = json.loads(sys.argv[1])
for key in sys.argv[2:]:
    value = value[int(key)] if isinstance(value, list) else value[key]
print(json.dumps(value))' "$@"
}

@test "hardware is a table of instance types, accelerators and profiles" {
    run "$SRECIPE" hardware
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "instance type "*"accelerator "*"GPUDirect RDMA" ]]
    [[ $output =~ p5.48xlarge\ +h100\ +8\ +192\ +2048\ +3200\ +32\ +yes ]]
    [[ $output =~ hgx-h100-4\ +h100\ +4\ +-\ +-\ +-\ +0\ +no ]]
    [[ $output =~ a10g\ +NVIDIA\ A10G\ +gpu\ +22.35\ +22.04\ +8.6\ +yes\ +no\ +no\ +pcie ]]
    [[ $output =~ efa\ +FI_EFA_USE_HUGE_PAGE=0\ +with\ EFA ]]
    [[ $output != *"box"* ]]
    run "$SRECIPE" hardware --format json
    [ "$(value_of "$output" instance_types p5.48xlarge devices)" = 8 ]
    [ "$(value_of "$output" instance_types hgx-h100-4 vcpus)" = null ]
    [ "$(value_of "$output" accelerators trainium2 cores)" = 8 ]
}

@test "hardware of a site has what the site adds and changes" {
    run "$SRECIPE" --site site.yaml hardware --format json
    [ "$status" -eq 0 ]
    [ "$(value_of "$output" instance_types box devices)" = 3 ]
    [ "$(value_of "$output" accelerators x1 name)" = '"Maker X1"' ]
    [ "$(value_of "$output" instance_types g5.48xlarge network_gbps)" = 200 ]
    [ "$(value_of "$output" instance_types g5.48xlarge vcpus)" = 192 ]
}

@test "hardware NAME tells of one instance type with its accelerator and profiles, however it is spelt" {
    for name in g5.48xlarge ml.G5.48xlarge; do
        run "$SRECIPE" hardware "$name" --format json
        [ "$status" -eq 0 ]
        [ "$(value_of "$output" instance_types g5.48xlarge devices)" = 8 ]
        [ "$(value_of "$output" accelerators a10g compute_capability)" = 8.6 ]
        [ "$(value_of "$output" profiles shared-memory environment)" = '{"NCCL_SHM_USE_CUDA_MEMCPY": "1"}' ]
        [[ $output != *p5.48xlarge* ]]
    done
}

@test "hardware of what is none leads to machines that may be meant" {
    stderr=
    run --separate-stderr "$SRECIPE" hardware 8xH100
    [ "$status" -eq 1 ]
    [[ $stderr == *"did you mean p5.48xlarge or dgx-h100 or hgx-h100-8?"* ]]
    run --separate-stderr "$SRECIPE" hardware p6-b400.48xlarge
    [ "$status" -eq 1 ]
    [[ $stderr != *"did you mean"* ]]
    run "$SRECIPE" hardware mi300x-8
    [ "$status" -eq 0 ]
    [[ $output == *"ROCR_VISIBLE_DEVICES"* ]]
}

@test "hardware NAME of an accelerator tells which instance types have it" {
    run "$SRECIPE" hardware H200
    [ "$status" -eq 0 ]
    [[ $output == *"  p5en.48xlarge:"* ]]
    [[ $output == *"  dgx-h200:"* ]]
    [[ $output != *"p5.48xlarge"* ]]
}

@test "what hardware NAME and families NAME print, a site's file may say" {
    "$SRECIPE" hardware g5.48xlarge >hardware.yaml
    "$SRECIPE" families nemo >families.yaml
    for what in "hardware g5.48xlarge" "hardware trainium2" "families nemo" "families hf" "families custom"; do
        # shellcheck disable=SC2086 # words
        run "$SRECIPE" $what
        [ "$status" -eq 0 ]
        printf '%s\n' "$output" >before.txt
        cp before.txt "${what%% *}.yaml"
        # shellcheck disable=SC2086 # words
        run "$SRECIPE" --site site.yaml $what
        [ "$status" -eq 0 ]
        [ "$output" = "$(<before.txt)" ]
    done
}

@test "an unknown name is refused with what may be meant" {
    stderr=
    run --separate-stderr "$SRECIPE" hardware g5.48xlarg
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    [[ $stderr == *"did you mean g5.48xlarge"*"[cli.unknown_hardware]"* ]]
    run --separate-stderr "$SRECIPE" families nemmo
    [ "$status" -eq 1 ]
    [[ $stderr == *"did you mean nemo?"*"[cli.unknown_family]"* ]]
    run "$SRECIPE" hardware --format yaml
    [ "$status" -eq 2 ]
}

@test "families is a table in the order in which they are asked" {
    run "$SRECIPE" families
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "family "*"when" ]]
    [[ ${lines[1]} == "custom "*"training_cfg is a map" ]]
    [[ $output =~ hf\ +gpu\ +fsdp\ +SageMaker\'s\ adapter.*recipes.run.model_type\ =\ hf ]]
    [[ ${lines[-1]} == "other "*"no other fits" ]]
    run "$SRECIPE" --site site.yaml families
    [[ ${lines[1]} == "ours "*"our program"* ]]
}

@test "families NAME tells the keys, the code and what is assumed of memory" {
    run "$SRECIPE" families hf --format json
    [ "$(value_of "$output" families hf keys tensor default)" = 1 ]
    [ "$(value_of "$output" families hf keys shard)" = '"model.shard_degree"' ]
    [ "$(value_of "$output" families hf memory norm)" = '{"value": "eager", "if": {"smp": "fused"}}' ]
    [ "$(value_of "$output" families hf memory below)" = 0.25 ]
    [ "$(value_of "$output" families hf code entries 0 folder)" = '"llama"' ]
    run "$SRECIPE" --site site.yaml families ours --format json
    [ "$(value_of "$output" families ours keys shard)" = '"model.shard_degree"' ]
    [[ $output != *expert_model_parallel_degree* ]]
}

@test "the generators refuse an unknown key with file, line and key, and write nothing" {
    run "$generators/generate_hardware" hardware.yaml constants.cpp
    [ "$status" -eq 1 ]  # it knows no g5.48xlarge to change
    printf 'kinds: {x: {device: X, counted_as: gpu, framework: X, device_files: x, visible: [X], words: [x]}}\naccelerators:\n  x1: {name: X, kind: x, memory_gib: 8, bf16: true, fp8: true}\ninstance_types:\n  box:\n    gpus: 3\n    accelerator: x1\n    devices: 1\n' >wrong.yaml
    run "$generators/generate_hardware" wrong.yaml constants.cpp
    [ "$status" -eq 1 ]
    [[ $output == wrong.yaml:6:*"error: instance_types.box.gpus: there is no field gpus"* ]]
    printf 'models:\n  x:\n    ids: [a/x]\n    layrs: 3\n' >wrong.yaml
    run "$generators/generate_models" wrong.yaml constants.cpp
    [ "$status" -eq 1 ]
    [[ $output == *"wrong.yaml:4:"*"error: models.x.layrs: there is no field layrs"* ]]
    printf 'families:\n  x:\n    keys:\n      tensr: a.b\n' >wrong.yaml
    run "$generators/generate_families" wrong.yaml constants.cpp
    [ "$status" -eq 1 ]
    [[ $output == wrong.yaml:4:*"error: families.x.keys.tensr: no family has a key tensr"* ]]
    [ ! -e constants.cpp ]
}

@test "a generator leaves alone what it would write again" {
    printf 'families: {x: {title: "a \\"quoted\\" title"}}\n' >good.yaml
    "$generators/generate_families" good.yaml constants.cpp
    [[ $(<constants.cpp) == *'.title = "a \"quoted\" title"'* ]]
    touch -d @1 constants.cpp
    "$generators/generate_families" good.yaml constants.cpp
    [ "$(stat -c %Y constants.cpp)" = 1 ]
}

@test "the README quotes the example of a model of one's own as it is" {
    run /usr/bin/python3 - "$BATS_TEST_DIRNAME/../.." <<'PYTHON'
import pathlib, sys
root = pathlib.Path(sys.argv[1])
readme = (root / "README.md").read_text()
for name, most in (("mlp.yaml", 10), ("train.py", 30)):
    lines = (root / "docs/examples/own-model" / name).read_text().splitlines(keepends=True)
    assert len(lines) <= most, f"{name} has {len(lines)} lines"
    assert "".join("    " + line if line.strip() else line for line in lines) in readme, f"README.md has another {name}"
PYTHON
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
}
