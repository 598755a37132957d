#include <memory>

#include <fmt/format.h>

#include "launcher/commands/command.h"
#include "trainer/evaluation.h"
#include "trainer/inference.h"
#include "trainer/memory_pool.h"

namespace understudy {
namespace {

struct EvaluateArguments {
  InferenceSource networks;
  std::string set;
  EvaluationOptions options;
};

ExitCode run(const EvaluateArguments& arguments) {
  keep_tensor_memory();
  const std::unique_ptr<Reenactor> reenactor = make_reenactor(arguments.networks);
  fmt::print("{}", format_table(evaluate(*reenactor, arguments.set, arguments.options)));
  return ExitCode::kDone;
}

}  // namespace

void add_evaluate_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* command =
      add_command(app,
                  "evaluate",
                  "Measure reconstruction and, on synthetic heads, cross-reenactment against the truth",
                  "understudy evaluate --weights runs/demo --set sets/held-out --picture comparison.png");
  command->add_option("--weights", arguments->networks.weights, "Run, checkpoint, export or weight file")->required();
  command->add_option(
      "--config", arguments->networks.config, "Configuration of the networks; needed only beside a bare weight file");
  command->add_option("--detector", arguments->networks.detector, "Keypoint detector, such as kp_detector.pt");
  command->add_option("--set", arguments->set, "Data set to measure on")->required();
  command->add_option("--clips", arguments->options.clips, "Clips, spread evenly over the set")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--frames", arguments->options.frames, "Driving frames of a clip")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--picture", arguments->options.picture, "PNG to write: source, driving, prediction, truth");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace understudy
