#include <memory>

#include <fmt/format.h>

#include "common/atomic_file.h"
#include "common/hash.h"
#include "common/problems.h"
#include "launcher/commands/command.h"
#include "launcher/ranks.h"
#include "trainer/evaluation/evaluation.h"
#include "trainer/evaluation/evaluation_json.h"
#include "trainer/evaluation/evaluation_table.h"
#include "trainer/inference.h"
#include "trainer/machine.h"
#include "trainer/memory_pool.h"
#include "trainer/saving/run_state.h"

namespace understudy {
namespace {

struct EvaluateArguments {
  InferenceSource networks;
  std::string set;
  EvaluationOptions options;
  std::string json;
  std::int64_t threads = 0;  ///< 0: as the weights' configuration says
};

/// What would be found out only after hours of measuring. @throws ConfigError
void check_places(const EvaluateArguments& arguments) {
  namespace fs = std::filesystem;
  Problems problems;
  const auto check_file = [&](const char* option, const fs::path& file) {
    if (file.empty()) return;
    if (fs::is_directory(file)) problems.add(fmt::format("{} {}: is a folder; name a file", option, file.string()));
    const fs::path folder = fs::absolute(file).parent_path();
    if (!fs::is_directory(folder))
      problems.add(fmt::format("{} {}: there is no folder {}; make it", option, file.string(), folder.string()));
  };
  check_file("--json", arguments.json);
  check_file("--picture", arguments.options.picture);
  if (!arguments.options.picture.empty() && arguments.options.picture.extension() != ".png")
    problems.add(fmt::format("--picture {}: a PNG is written; name it .png", arguments.options.picture.string()));
  const fs::path& pictures = arguments.options.pictures;
  if (!pictures.empty() && fs::exists(pictures) && !(fs::is_directory(pictures) && fs::is_empty(pictures)))
    problems.add(fmt::format("--pictures {}: is there and not an empty folder; name another", pictures.string()));
  problems.raise_if_any("evaluate");
}

/// Their number is part of the bits, so that it must not follow from how many ranks share a node.
std::int64_t decide_threads(const EvaluateArguments& arguments, const RunSettings& settings) {
  std::int64_t threads = arguments.threads > 0 ? arguments.threads : settings.run.threads_per_rank;
  threads = std::max<std::int64_t>(threads, 1);
  set_intra_operator_threads(static_cast<int>(threads));
  return threads;
}

void write_report(const EvaluateArguments& arguments, const EvaluationReport& report, std::int64_t threads) {
  const EvaluationOrigin origin{.weights = arguments.networks.weights, .threads = threads};
  fmt::print("{}", format_table(report));
  std::fflush(stdout);
  if (!arguments.json.empty()) write_file_atomically(arguments.json, format_json(report, arguments.options, origin));
}

Outcome run(const EvaluateArguments& arguments, const RankContext& context) {
  keep_tensor_memory();
  on_rank_zero(context.ranks, "look at the places to write to", [&] { check_places(arguments); });
  const DataSet set = DataSet::open(arguments.set);
  const InferenceSource first = first_networks(arguments.networks, set, arguments.options);
  const std::int64_t threads = decide_threads(arguments, inference_settings(first));
  PersonNetworks networks = open_person_networks(arguments.networks, set, arguments.options);
  const auto report = evaluate(networks, arguments.set, arguments.options, context);
  if (!report) return {ExitCode::kRunAgain, "stopped on request; no report was written"};
  if (context.ranks.rank() == 0) write_report(arguments, *report, threads);
  return {ExitCode::kDone, fmt::format("measured {} pictures of {}", report->total.self.pictures, arguments.set)};
}

void add_measuring_options(CLI::App& command, EvaluateArguments& arguments) {
  EvaluationOptions& options = arguments.options;
  const auto count = [&](const char* name, std::int64_t& value, const char* description) {
    command.add_option(name, value, description)->check(at_least(1))->capture_default_str();
  };
  count("--clips", options.clips, "Clips, spread evenly over those of the people");
  count("--frames", options.frames, "Driving frames of a clip");
  command
      .add_option("--sources", options.sources, "First frames of a clip to show; default: as the networks were made")
      ->check(at_least(0));
  command
      .add_option("--person,--persons", options.persons, "Identity to measure; may be repeated, or several with commas")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option(
      "--landmark-judge", options.landmark_judge, "TorchScript file: AKD and pose error by its landmarks");
  command.add_option("--identity-judge", options.identity_judge, "TorchScript file: identity error by its descriptors");
  count("--drivers", options.drivers, "People who drive each person for the identity error");
  count("--batch", options.batch, "Frames drawn at once; changes the speed, and numbers by rounding at most");
  command.add_option("--threads", arguments.threads, "Threads of each rank; default: as in the weights' run, else 1")
      ->check(CLI::Range(1, 256));
}

/// Where ranks and who watches them leave word of each other: beside the report, or here.
std::filesystem::path work_folder(const EvaluateArguments& arguments) {
  if (!arguments.json.empty()) return arguments.json + ".work";
  const std::string what = arguments.networks.weights.string() + "\n" + arguments.set;
  return fmt::format("evaluate-{}.work", sha256_hex(what).substr(0, 8));
}

}  // namespace

void add_evaluate_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* command = add_command(app,
                                  "evaluate",
                                  "Measure self-reenactment, identity and, on synthetic heads, pose against the truth",
                                  "understudy evaluate --weights runs/demo --set sets/held-out "
                                  "--json report.json --picture comparison.png");
  command
      ->add_option(
          "--weights", arguments->networks.weights, "Run, checkpoint, export, weight file, or folder of people's runs")
      ->required();
  command->add_option(
      "--config", arguments->networks.config, "Configuration of the networks; needed only beside a bare weight file");
  command->add_option("--detector", arguments->networks.detector, "Keypoint detector, such as kp_detector.pt");
  command->add_option("--set", arguments->set, "Data set to measure on")->required();
  add_measuring_options(*command, *arguments);
  command->add_option("--json", arguments->json, "File for all numbers; docs/evaluation.md");
  command->add_option("--picture", arguments->options.picture, "PNG to write: source, driving, prediction, truth");
  command->add_option(
      "--pictures", arguments->options.pictures, "Folder for every measured picture and its truth, as .npy");
  command->callback([arguments, &chosen] {
    chosen.outcome_folder = work_folder(*arguments);
    chosen.outcome_is_kept = false;
    chosen.run = [arguments] {
      return run_on_ranks(work_folder(*arguments) / kOutcomeName,
                          [&](const RankContext& context) { return run(*arguments, context); },
                          {.timeout = std::chrono::hours(24), .make_outcome_folder = false});
    };
  });
}

}  // namespace understudy
