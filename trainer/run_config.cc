#include "trainer/run_config.h"

#include <fmt/format.h>

#include "common/problems.h"
#include "data_pipeline/mixed_sampler.h"

namespace understudy {
namespace {

constexpr KeyKind kMethod = KeyKind::kMethod;
constexpr KeyKind kMachine = KeyKind::kMachine;

void describe_run(ConfigVisitor& v, RunConfig& c) {
  v.section("recipe", "Which published system is trained.");
  v.text({"name", kMethod, "which one; each has a chapter of this reference"}, c.recipe);
  v.section("run", "Length, seed and habits of a run.");
  v.integer({"seed", kMethod, "seed of every draw"}, c.seed, 0, kNoLimit);
  v.integer({"max_iterations", kMachine, "iterations after which the run is done"}, c.max_iterations, 1, kNoLimit);
  v.integer(
      {"log_every", kMachine, "iterations between lines of metrics.jsonl and of progress"}, c.log_every, 1, kNoLimit);
  v.integer(
      {"sample_every", kMachine, "iterations between sample pictures; 0 draws none"}, c.sample_every, 0, kNoLimit);
  v.integer({"histogram_every",
             kMachine,
             "iterations between histograms of all weights and gradients in the TensorBoard file; 0 draws none"},
            c.histogram_every,
            0,
            kNoLimit);
  v.text({"prometheus",
          kMachine,
          "folder in which a node exporter looks for text files: rank 0 keeps one there that tells how the run is "
          "going; empty: none"},
         c.prometheus);
}

void describe_faults(ConfigVisitor& v, FaultConfig& c) {
  v.section("trainer", "What a run does about numbers that are not finite, spikes of a loss and replicas that drift.");
  v.choice({"on_nonfinite",
            kMethod,
            "what a loss, gradient or weight that is not finite, or a spike, does: end the run, skip the step, or go "
            "back to the newest checkpoint and draw other episodes in place of the micro-batch's",
            "run.non_finite"},
           c.on_nonfinite,
           {{"stop", FaultPolicy::kStop}, {"skip", FaultPolicy::kSkip}, {"rollback", FaultPolicy::kRollback}});
  v.real({"spike_threshold",
          kMethod,
          "robust z-score above which the mean loss of an iteration is a spike, treated as one that is not finite; 0: "
          "never"},
         c.spike_threshold,
         0,
         kUnbounded);
  v.integer({"spike_window", kMethod, "iterations of the same phase whose median and spread a loss is compared with"},
            c.spike_window,
            3,
            100'000);
  v.integer({"drift_every",
             kMachine,
             "iterations between comparisons of checksums of all weights over the ranks, which also come before every "
             "checkpoint; 0: never"},
            c.drift_every,
            0,
            kNoLimit);
}

void describe_batch(ConfigVisitor& v, BatchLayout& c) {
  v.section("batch", "How samples are grouped; independent of the number of ranks.");
  v.integer(
      {"global_batch", kMethod, "samples behind one optimiser step, over all ranks"}, c.global_batch, 1, kNoLimit);
  v.integer({"micro_batch", kMethod, "samples of one forward and backward pass"}, c.micro_batch, 1, kNoLimit);
  v.integer(
      {"statistics_group", kMethod, "samples over which a loss that couples samples is taken; 0 means micro_batch"},
      c.statistics_group,
      0,
      kNoLimit);
}

void describe_optimizer(ConfigVisitor& v, OptimizerConfig& c) {
  v.section("optimizer", "Adam and its learning rate: linear warm-up to the peak, then exponential decay.");
  v.choice({"kind", kMethod, "Adam, or its rectified form"},
           c.adam.kind,
           {{"adam", AdamKind::kAdam}, {"radam", AdamKind::kRAdam}});
  v.real({"learning_rate", kMethod, "peak learning rate"}, c.learning_rate, 0, 1);
  v.integer({"warmup_iterations", kMethod, "iterations of linear warm-up of the learning rate from 0"},
            c.warmup_iterations,
            0,
            kNoLimit);
  v.real({"decay_factor", kMethod, "factor the rate falls by over decay_iterations"}, c.decay_factor, 1e-6, 1);
  v.integer({"decay_iterations", kMethod, "iterations over which the rate falls by decay_factor"},
            c.decay_iterations,
            1,
            kNoLimit);
  v.real({"beta1", kMethod, "decay of Adam's first moment"}, c.adam.beta1, 0, 1);
  v.real({"beta2", kMethod, "decay of Adam's second moment"}, c.adam.beta2, 0, 1);
  v.real({"epsilon", kMethod, "Adam's epsilon"}, c.adam.epsilon, 0, 1);
}

void describe_data(ConfigVisitor& v, RunConfig& c) {
  v.section("data", "Where samples come from and how they are prepared.");
  v.text_or_texts(
      {"train",
       kMachine,
       "folder or manifest of the training set, or a list of them to be mixed; their contents are held by a "
       "fingerprint"},
      c.train_sets);
  v.reals(
      {"weights", kMethod, "shares of the training sets in the samples, in any unit; empty: equal"}, c.weights, 0, 1e9);
  v.choice({"balance",
            kMethod,
            "what is drawn equally often in each set: people and then their clips, clips, or frames (clips in "
            "proportion to their usable frames); also of the validation list"},
           c.balance,
           {{"identity", Balance::kIdentity}, {"clip", Balance::kClip}, {"frame", Balance::kFrame}});
  v.text({"identity", kMethod, "name of the one person of the training set to train on; empty: everyone"}, c.identity);
  v.real({"held_out",
          kMethod,
          "share of every training clip's frames, its last ones, that serve validation instead of training; 0: none"},
         c.held_out,
         0,
         0.9);
  v.text({"validation", kMachine, "folder or manifest of the validation set; empty: none, unless data.held_out is set"},
         c.validation_set);
  v.integers({"exclude",
              kMethod,
              "numbers of samples (iteration x batch.global_batch + slot) that are never drawn: others take their "
              "places, and nothing else changes; a roll-back adds to it"},
             c.exclude,
             0,
             kNoLimit);
  v.integer(
      {"loader_threads", kMachine, "threads that decode and augment on each rank; 0 works in the training thread"},
      c.loader_threads,
      0,
      256);
  v.integer({"prefetch", kMachine, "micro-batches prepared ahead on each rank; bounds the loader's memory"},
            c.prefetch,
            1,
            4096);
  v.integer(
      {"read_threads",
       kMachine,
       "reads under way at a time on each rank: threads that wait for storage while others compute; 0 reads where "
       "frames are decoded"},
      c.read_threads,
      0,
      256);
  v.integer({"read_ahead",
             kMachine,
             "micro-batches read ahead of decoding on each rank, as they are stored; not less than read_threads, which "
             "would lie idle"},
            c.read_ahead,
            1,
            65536);
  v.choice(
      {"hand_over",
       kMethod,
       "what prepared pictures of training wait in for the step and travel to its device in; `float16` halves that "
       "memory and rounds them to 11 bits"},
      c.hand_over,
      {{"float32", HandOver::kFloat32}, {"float16", HandOver::kFloat16}});
  v.text(
      {"cache",
       kMachine,
       "folder on a disk of the node for checked copies of shards, for sets on slow storage; shared by ranks and runs; "
       "empty: no copies"},
      c.cache);
  v.integer(
      {"cache_gib", kMachine, "most that all copies in data.cache take together, in GiB"}, c.cache_gib, 1, 1 << 20);
  v.choice({"on_corrupt",
            kMethod,
            "what a frame does that fails its checksum twice or cannot be decoded: end the run, or be replaced by "
            "another usable frame of its clip, the same one on any rank"},
           c.on_corrupt,
           {{"stop", CorruptFrames::kStop}, {"replace", CorruptFrames::kReplace}});
}

void describe_validation(ConfigVisitor& v, ValidationConfig& c) {
  v.section("validation", "Validation on a fixed list of episodes, early stopping and best checkpoints.");
  v.integer({"every", kMethod, "iterations between validations; 0: never"}, c.every, 0, kNoLimit);
  v.integer({"episodes", kMethod, "length of the fixed list"}, c.episodes, 1, kNoLimit);
  v.integer({"micro_batch", kMethod, "episodes of one forward pass"}, c.micro_batch, 1, kNoLimit);
  v.text({"metric", kMethod, "metric that decides"}, c.metric);
  v.choice({"mode", kMethod, "which way the metric is better"},
           c.mode,
           {{"maximise", MetricMode::kMaximise}, {"minimise", MetricMode::kMinimise}});
  v.integer({"patience", kMethod, "validations of one phase without improvement before the run stops; 0: never stops"},
            c.patience,
            0,
            kNoLimit);
  v.real({"min_delta", kMethod, "smallest change that counts as improvement"}, c.min_delta, 0, kUnbounded);
  v.integer({"keep_best", kMachine, "best checkpoints kept for each phase"}, c.keep_best, 0, 1000);
}

void describe_machine(ConfigVisitor& v, RunConfig& c) {
  v.section("checkpoints", "When checkpoints are written and which are kept.");
  v.choice(
      {"interval",
       kMachine,
       "what decides when the next checkpoint is due: `checkpoints.every`, `checkpoints.minutes`, or `auto`: the "
       "interval that loses the least time, from the measured cost of a save and the run's failures"},
      c.checkpoints.interval,
      {{"iterations", SaveInterval::kIterations}, {"minutes", SaveInterval::kMinutes}, {"auto", SaveInterval::kAuto}});
  v.integer({"every", kMachine, "iterations between checkpoints"}, c.checkpoints.every, 1, kNoLimit);
  v.real({"minutes", kMachine, "minutes between checkpoints"}, c.checkpoints.minutes, 0.01, 100'000);
  v.choice({"when_busy",
            kMachine,
            "what a save does that is due while the one before is still being written: wait for it, or skip it with a "
            "warning, at most three in a row"},
           c.checkpoints.when_busy,
           {{"wait", BusySave::kWait}, {"skip", BusySave::kSkip}});
  v.integer({"keep_newest", kMachine, "newest checkpoints kept; at least 2, so that a damaged one has a predecessor"},
            c.checkpoints.keep_newest,
            2,
            kNoLimit);
  v.integer({"keep_every", kMachine, "also keep checkpoints whose iteration is a multiple of this; 0: none"},
            c.checkpoints.keep_every,
            0,
            kNoLimit);
  v.section("cluster", "How ranks work together.");
  v.choice(
      {"device",
       kMethod,
       "what ranks compute on, part of the bits; `auto`: GPUs where every rank has one, else processors, decided at "
       "the first start, then kept"},
      c.device,
      {{"auto", DeviceChoice::kAuto}, {"cpu", DeviceChoice::kCpu}, {"cuda", DeviceChoice::kGpu}});
  v.choice({"reduction",
            kMethod,
            "`ordered`: sums in a fixed order, the same bits on any number of ranks; `fast`: overlaps with the "
            "backward pass; `auto`: `ordered` on processors, `fast` on GPUs"},
           c.reduction,
           {{"auto", GradientReduction::kAuto},
            {"ordered", GradientReduction::kOrdered},
            {"fast", GradientReduction::kFast}});
  v.integer(
      {"threads_per_rank",
       kMethod,
       "intra-operator threads of a rank, part of the bits; 0: cores divided by ranks at the first start, then kept"},
      c.threads_per_rank,
      0,
      1024);
}

void validate_sets(const RunConfig& config, Problems& problems) {
  const std::size_t sets = config.train_sets.size();
  for (std::size_t set = 0; set < sets; ++set) {
    if (config.train_sets[set].empty())
      problems.add_key("data.train", fmt::format("entry {} of {} names no set", set + 1, sets));
  }
  if (sets > kMostSets)
    problems.add_key("data.train", fmt::format("{} sets; at most {} can be mixed", sets, kMostSets));
  for (const double weight : config.weights) {
    if (!(weight > 0))
      problems.add_key("data.weights",
                       fmt::format("{} is not positive; leave a set out of data.train instead", weight));
  }
  if (sets > 1 && (!config.identity.empty() || config.held_out > 0)) {
    problems.add_key(config.identity.empty() ? "data.held_out" : "data.identity",
                     fmt::format("selects frames of one set, but data.train names {}", sets));
  }
  if (config.held_out > 0 && !config.validation_set.empty()) {
    problems.add_key("data.held_out",
                     "holds frames out of the training set to validate on, but data.validation names a set for that; "
                     "leave one of them out");
  }
  if (sets > 0 && !config.weights.empty() && config.weights.size() != sets) {
    problems.add_key(
        "data.weights",
        fmt::format("{} weights, but data.train names {} sets; give one for each, or none for equal shares",
                    config.weights.size(),
                    sets));
  }
}

}  // namespace

void describe(ConfigVisitor& visitor, RunConfig& config) {
  describe_run(visitor, config);
  describe_faults(visitor, config.faults);
  describe_batch(visitor, config.batch);
  describe_optimizer(visitor, config.optimizer);
  describe_data(visitor, config);
  describe_validation(visitor, config.validation);
  describe_machine(visitor, config);
}

void validate(const RunConfig& config, Problems& problems) {
  const BatchLayout& batch = config.batch;
  if (batch.global_batch % batch.micro_batch != 0) {
    const std::int64_t below = batch.global_batch / batch.micro_batch * batch.micro_batch;
    problems.add_key("batch.global_batch",
                     fmt::format("{} is not a multiple of batch.micro_batch = {}; try {}{}",
                                 batch.global_batch,
                                 batch.micro_batch,
                                 below > 0 ? fmt::format("{} or ", below) : "",
                                 below + batch.micro_batch));
  }
  if (batch.statistics_group > 0) {
    if (batch.statistics_group % batch.micro_batch != 0) {
      problems.add_key(
          "batch.statistics_group",
          fmt::format("{} is not a multiple of batch.micro_batch = {}", batch.statistics_group, batch.micro_batch));
    } else if (batch.global_batch % batch.statistics_group != 0) {
      problems.add_key(
          "batch.statistics_group",
          fmt::format("{} does not divide batch.global_batch = {}", batch.statistics_group, batch.global_batch));
    }
  }
  validate_sets(config, problems);
  if (config.validation.every > 0 && config.validation.patience > 0 && !config.validates()) {
    problems.add_key(
        "validation.patience",
        "early stopping needs frames to validate on; name a set in data.validation, set data.held_out, or set "
        "validation.patience = 0");
  }
}

}  // namespace understudy
