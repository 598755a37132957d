#include "launcher/run_check_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "trainer/preflight/bytes_text.h"

namespace understudy {
namespace {

/// "1 node", "2 nodes"; "1 micro-batch", "2 micro-batches".
std::string count_text(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : what.ends_with("ch") ? "es" : "s");
}

/// Lines with a name in front of the first one of each row.
class Table {
 public:
  void row(std::string_view name, const std::string& text) { text_ += fmt::format("{:<11} {}\n", name, text); }
  void more(const std::string& text) { row("", text); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_run(Table& table, const RunCheckRequest& request, const RunCheck& check) {
  const RunConfig& run = check.settings->run;
  std::vector<std::string> phases;
  for (const PhaseSpan& phase : check.phases) phases.push_back(fmt::format("{} {}", phase.name, phase.iterations()));
  table.row("run",
            fmt::format("recipe {}, {} of {}{}",
                        run.recipe,
                        count_text(run.max_iterations, "iteration"),
                        count_text(run.batch.global_batch, "sample"),
                        phases.size() > 1 ? fmt::format("; phases {}", fmt::join(phases, ", ")) : ""));
  const RunDirectory& directory = check.directory;
  table.row("directory",
            directory.newest ? fmt::format("{}: would be resumed after iteration {}",
                                           directory.path.string(),
                                           directory.newest->manifest().iteration)
                             : fmt::format("{}: would be a new run", directory.path.string()));
  if (check.transfer) {
    table.more(fmt::format("--init-from {}: {} fit, {} not in it, {} of another shape",
                           request.train.init_from->string(),
                           count_text(static_cast<std::int64_t>(check.transfer->taken), "tensor"),
                           check.transfer->missing.size(),
                           check.transfer->misshapen.size()));
  }
}

void add_batch(Table& table, const RunCheckRequest& request, const RunCheck& check) {
  const RankLayout& layout = request.layout;
  const BatchLayout& batch = check.settings->run.batch;
  table.row("ranks",
            fmt::format("{} x {} = {}",
                        count_text(layout.nodes, "node"),
                        count_text(layout.ranks_per_node, layout.on_gpus ? "GPU" : "rank"),
                        count_text(layout.ranks(), "rank")));
  if (!check.batch) return;
  const BatchSplit& split = *check.batch;
  std::string shares = split.even() ? fmt::format("{} on each rank", split.most)
                                    : fmt::format("{} on {}, {} on {}",
                                                  split.most,
                                                  count_text(split.with_most, "rank"),
                                                  split.least,
                                                  count_text(layout.ranks() - split.with_most, "rank"));
  table.row("batch",
            fmt::format("{} = {} of {}: {}",
                        count_text(batch.global_batch, "sample"),
                        count_text(split.micro_batches, "micro-batch"),
                        batch.micro_batch,
                        shares));
  if (!split.even()) {
    const std::vector<std::int64_t> even = even_rank_counts(split.micro_batches);
    table.more(
        fmt::format("uneven: ranks with less wait for the others; shares are even on {} ranks", fmt::join(even, ", ")));
  }
  if (batch.micro_batches_per_group() > 1) {
    table.more(fmt::format("statistics group of {}: {} micro-batches{}; their coupled values are computed first",
                           count_text(batch.statistics_group, "sample"),
                           batch.micro_batches_per_group(),
                           split.group_span > 1 ? fmt::format(" on up to {} ranks", split.group_span) : ""));
  }
}

void add_data(Table& table, const RunCheck& check) {
  const RunConfig& run = check.settings->run;
  std::string_view name = "data";
  for (const SetFacts& set : check.sets) {
    table.row(name,
              fmt::format("{:<18} {:>10}  {} identities, {} clips, {} frames, {} of them usable",
                          set.key,
                          bytes_text(static_cast<std::int64_t>(set.bytes)),
                          set.identities,
                          set.clips,
                          set.frames,
                          set.usable_frames));
    name = "";
    if (set.key != "data.train" || !check.batch) continue;
    const double batch = set.share * static_cast<double>(run.batch.global_batch);
    const double drawn = static_cast<double>(run.max_iterations) * batch;
    table.more(
        fmt::format("  each identity once: {} samples, {:.1f} iterations; the run draws {:.0f} samples{}, {:.1f} for "
                    "each usable frame",
                    set.drawn_identities,
                    static_cast<double>(set.drawn_identities) / batch,
                    drawn,
                    set.share < 1 ? fmt::format(" here, {:.1f} % of all", 100 * set.share) : "",
                    drawn / static_cast<double>(std::max<std::uint64_t>(set.usable_frames, 1))));
  }
}

void add_weights(Table& table, const RunCheck& check) {
  std::string_view name = "weights";
  for (const WeightsFile& weights : check.weights) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(weights.file, error);
    table.row(name,
              fmt::format("{:<18} {:>10}  {}",
                          weights.key,
                          bytes_text(error ? 0 : static_cast<std::int64_t>(size)),
                          weights.file.string()));
    name = "";
  }
}

void add_memory(Table& table, const RunCheckRequest& request, const RunCheck& check) {
  if (!check.memory) return;
  const MemoryNeed& memory = *check.memory;
  const auto item = [&](std::string_view name, const std::string& value, const std::string& remark = "") {
    table.more(fmt::format("  {:<24} {:>10}{}{}", name, value, remark.empty() ? "" : "  ", remark));
  };
  const std::int64_t peak = memory.peak_bytes();
  const RankLayout& layout = request.layout;
  table.row("memory",
            fmt::format("about {} a rank{}",
                        bytes_text(peak),
                        layout.on_gpus ? "; not compared with the memory of GPUs, which is not known here"
                                       : fmt::format(", {} for {} on a node; this machine has {}",
                                                     bytes_text(layout.ranks_per_node * peak),
                                                     count_text(layout.ranks_per_node, "rank"),
                                                     bytes_text(request.machine.memory_bytes))));
  item("program, libraries", bytes_text(memory.program_bytes));
  item("weights", bytes_text(memory.weights_bytes));
  item("optimiser", bytes_text(memory.optimizer_bytes));
  item("prepared batches", memory.batches_bytes > 0 ? bytes_text(memory.batches_bytes) : "not known");
  for (const PhaseMemory& phase : memory.phases) {
    item(fmt::format("phase {}", phase.name),
         bytes_text(phase.peak_bytes),
         fmt::format("pass {}, gradients {}, {} of them waiting",
                     bytes_text(phase.pass_bytes),
                     bytes_text(phase.gradient_set_bytes),
                     count_text(phase.held_sets, "sum")));
  }
  if (memory.phases.empty()) item("passes", "not known");
  if (memory.validation_bytes > 0) item("validation", bytes_text(memory.validation_bytes));
}

void add_disk(Table& table, const RunCheck& check) {
  if (!check.disk) return;
  const DiskNeed& disk = *check.disk;
  table.row("checkpoint",
            fmt::format("{} ({} bytes of tensors' files)", bytes_text(disk.checkpoint_bytes), disk.checkpoint_bytes));
  table.row("disk",
            fmt::format("{} in up to {}: {} newest, {} at multiples, {} best, {} being written; {} free",
                        bytes_text(disk.bytes()),
                        count_text(disk.checkpoints(), "checkpoint"),
                        disk.newest,
                        disk.marked,
                        disk.best,
                        disk.writing,
                        check.directory.free_bytes ? bytes_text(*check.directory.free_bytes) : "?"));
}

std::string duration_text(double seconds) {
  if (seconds >= 86'400) return fmt::format("{:.1f} days", seconds / 86'400);
  if (seconds >= 3600) return fmt::format("{:.1f} hours", seconds / 3600);
  return fmt::format("{:.1f} minutes", seconds / 60);
}

void add_length(Table& table, const RunCheckRequest& request, const RunCheck& check, std::optional<double> job_hours) {
  if (!check.length) {
    table.row("length", "not known: give --step-seconds, or ask again when the run has logged some iterations");
    return;
  }
  const RunLength& length = *check.length;
  table.row("length",
            fmt::format("{} for {} left, {}; validations and checkpoints come on top",
                        duration_text(length.seconds),
                        count_text(length.iterations, "iteration"),
                        request.step_seconds ? fmt::format("{:g} s each", *request.step_seconds)
                                             : "by the medians of timing.jsonl"));
  if (!length.unmeasured.empty())
    table.more(fmt::format("phase {} not measured yet: taken to be as slow as the slowest",
                           fmt::join(length.unmeasured, ", ")));
  if (job_hours) table.more(fmt::format("{} of {:g} h", count_text(length.jobs(*job_hours), "job"), *job_hours));
}

std::string list_text(std::string_view what, const std::vector<std::string>& messages) {
  if (messages.empty()) return "";
  return fmt::format("\n{}\n  {}\n", count_text(std::ssize(messages), what), fmt::join(messages, "\n  "));
}

}  // namespace

std::string report_run_check(const RunCheckRequest& request, const RunCheck& check, std::optional<double> job_hours) {
  Table table;
  if (check.settings) {
    add_run(table, request, check);
    add_batch(table, request, check);
    add_data(table, check);
    add_weights(table, check);
    add_memory(table, request, check);
    add_disk(table, check);
    if (check.disk) add_length(table, request, check, job_hours);
  }
  const std::vector<std::string>& problems = check.findings.problems.messages();
  return table.text() + list_text("warning", check.findings.warnings.messages()) +
         (problems.empty() ? fmt::format("\n{}: no problems\n", request.train.config_name)
                           : list_text("problem", problems));
}

}  // namespace understudy
