// SPDX-License-Identifier: Apache-2.0
// What records of a cluster, a node and a request mean before anybody has said anything: readers fill in what they
// know, and the rest must claim nothing.
#include "catch.hpp"
#include "cluster/cluster.hpp"
#include "hardware/hardware.hpp"
#include "memory/memory.hpp"
#include "node/node.hpp"
#include "planner/planner.hpp"
#include "storage/storage.hpp"
#include "validate/validate.hpp"

using namespace recipe;

TEST_CASE("of a node and a partition nothing is known but that they may be used without limit") {
    const cluster::NodeRecord node;
    CHECK(node.available);
    CHECK(node.memory_mib == 0);
    const cluster::PartitionRecord partition;
    CHECK_FALSE(partition.is_default);
    CHECK_FALSE(partition.hidden);
    CHECK(partition.max_time == 0xffffffff);
    CHECK(partition.max_nodes == 0xffffffff);
    CHECK(partition.total_nodes == 0);
    const cluster::Device device;
    CHECK(device.usable_mib == 0);
    for (const bool format : {device.bf16, device.fp8, device.fp4}) CHECK_FALSE(format);
    CHECK(cluster::DeviceType().count == 0);
    const cluster::NodeGroup group;
    CHECK(group.kind == hardware::DeviceKind::gpu);
    CHECK(group.devices == 0);
    CHECK(group.devices_known);
    CHECK(group.memory_mib == 0);
    const cluster::GroupCount count;
    CHECK(count.group == 0);
    CHECK(count.nodes == 0);
    CHECK(count.available == 0);
    const cluster::Partition taken;
    CHECK_FALSE(taken.is_default);
    CHECK_FALSE(taken.hidden);
    CHECK(taken.max_time == cluster::unlimited);
    CHECK(taken.max_nodes == cluster::unlimited);
    CHECK(taken.unseen == 0);
    CHECK(cluster::Node().available);
    CHECK(cluster::Node().group == 0);
    const cluster::JobRequirements job;
    CHECK(job.nodes == 1);
    CHECK(job.device == plan::Device::cpu);
    CHECK(job.devices == 0);
    CHECK(job.memory_mib == 0);
    CHECK_FALSE(job.has_qos);
    CHECK(job.needs == nullptr);
}

TEST_CASE("an accelerator and a machine that nobody described have nothing") {
    const hardware::Accelerator accelerator;
    CHECK(accelerator.kind == hardware::DeviceKind::gpu);
    CHECK(accelerator.memory_gib == 0);
    for (const bool format : {accelerator.bf16, accelerator.fp8, accelerator.fp4}) CHECK_FALSE(format);
    CHECK(accelerator.ranks == 1);
    CHECK(accelerator.cores == 1);
    const hardware::InstanceType machine;
    for (const int number : {machine.devices, machine.vcpus, machine.efa_devices, machine.nvlink_domain})
        CHECK(number == 0);
    CHECK(machine.memory_gib == 0);
    CHECK(machine.network_gbps == 0);
    CHECK_FALSE(machine.gpudirect_rdma);
    CHECK(machine.architecture == "x86_64");
    CHECK_FALSE(hardware::Profile().efa);
}

TEST_CASE("a workload that says nothing is one sequence on one rank, with every parameter trained") {
    const memory::Workload w;
    CHECK(w.sequence == 0);
    CHECK(w.expert_tensor == 0);
    CHECK(w.validation_batch == 0);
    CHECK(w.critic_parameters == 0);
    for (const std::int64_t one : {w.micro_batch, w.grad_accum, w.replicate, w.shard, w.tensor, w.context, w.expert,
                                   w.pipeline, w.virtual_pipeline})
        CHECK(one == 1);
    for (const bool flag :
         {w.packed, w.checkpointing, w.offload_checkpoints, w.offload_parameters, w.offload_optimizer, w.reference})
        CHECK_FALSE(flag);
    const memory::Lora lora;
    CHECK(lora.rank == 0);
    CHECK_FALSE(lora.all_linear);
    CHECK(lora.fp32_adapters);
    CHECK_FALSE(lora.autocast);
    CHECK(lora.experts);
    CHECK(lora.base_bytes == 2);
    const memory::Shape s;
    for (const std::int64_t number :
         {s.hidden, s.layers, s.heads, s.kv_heads, s.head_dim, s.ffn, s.vocab, s.experts, s.experts_per_token,
          s.dense_layers, s.dense_ffn, s.shared_ffn, s.expert_hidden, s.mlp_layers, s.other_parameters})
        CHECK(number == 0);
    CHECK(s.gated_ffn);
    for (const bool flag : {s.tied_embeddings, s.gated_attention, s.qk_norm, s.four_norms, s.soft_capped})
        CHECK_FALSE(flag);
    const memory::Latent& l = s.latent;
    for (const std::int64_t number : {l.q_rank, l.kv_rank, l.key_dim, l.rope_dim, l.value_dim}) CHECK(number == 0);
    for (const memory::OtherLayers& other : {s.global, s.linear})
        for (const std::int64_t number : {other.count, other.kv_heads, other.head_dim, other.in, other.out})
            CHECK(number == 0);
    const memory::Assessment a;
    CHECK(a.verdict == memory::Verdict::fits);
    CHECK(a.usable_bytes == 0);
    CHECK(a.outside_bytes == 0);
    CHECK(a.least_nodes == 0);
    const memory::Prediction prediction;
    CHECK(prediction.peak == 0);
    for (const double bytes : {prediction.peak_bytes, prediction.low_bytes, prediction.high_bytes}) CHECK(bytes == 0);
}

TEST_CASE("a step that Slurm has said nothing of is one task on one node") {
    const node::Facts facts;
    for (const std::uint32_t number :
         {facts.job_id, facts.step_id, facts.array_task_id, facts.restart_count, facts.node_rank, facts.cpus_here})
        CHECK(number == 0);
    for (const std::uint32_t one : {facts.node_count, facts.task_count, facts.tasks_here}) CHECK(one == 1);
    CHECK_FALSE(facts.has_first_task);
    CHECK_FALSE(facts.own_world);
    CHECK(facts.command == node::Command::hidden);
    CHECK(facts.role == node::Role::automatic);
    CHECK(node::Task().rank == 0);
    CHECK(node::Task().local_rank == 0);
    const node::FileIdentity file;
    CHECK(file.bytes == 0);
    CHECK(file.modified == 0);
    CHECK(file.device == 0);
    CHECK(file.inode == 0);
    CHECK(node::Start().time == 0);
}

TEST_CASE("a layout is one rank, needs are none, and a path of which nothing is known is there to be used") {
    const validate::Layout layout;
    for (const std::int64_t one :
         {layout.nodes, layout.devices_per_node, layout.tensor, layout.shard, layout.expert, layout.context})
        CHECK(one == 1);
    const validate::MemoryNeeds memory;
    for (const std::int64_t number : {memory.low, memory.peak, memory.high, memory.outside}) CHECK(number == 0);
    const validate::DeviceNeeds needs;
    CHECK_FALSE(needs.any());
    CHECK(validate::DeviceNeeds{.memory = memory}.any());
    CHECK(validate::DeviceNeeds{.memory = {}, .bf16 = true}.any());
    CHECK(validate::DeviceNeeds{.memory = {}, .fp8 = true}.any());
    CHECK(validate::DeviceNeeds{.memory = {}, .fp4 = true}.any());
    CHECK(validate::DeviceNeeds{.memory = {}, .capabilities = {{80, 0}}}.any());
    CHECK(needs.capabilities.empty());
    CHECK(validate::Result{.layout = {}, .instance_type = {}, .needs = {}, .diagnostics = {}}.memory ==
          validate::Result::Memory::not_asked);

    const storage::Access access;
    CHECK(access.exists());
    CHECK_FALSE(access.is_directory);
    CHECK_FALSE(access.is_file);
    CHECK(access.mode == 0);
    CHECK(access.read_error == 0);
    CHECK(access.write_error == 0);
    const storage::PathStatus status;
    CHECK_FALSE(status.exists);
    CHECK_FALSE(status.is_directory);
    CHECK(status.device == 0);
    CHECK(status.free_bytes == 0);
    CHECK(status.write_error == 0);
    CHECK(status.is_elsewhere());
    CHECK(Source().line == 0);
    CHECK(Source().column == 0);
    CHECK(codes::Code().severity == Severity::error);
    CHECK_FALSE(codes::Code().is_rule);
    CHECK_FALSE(codes::Code().fixed);
}
