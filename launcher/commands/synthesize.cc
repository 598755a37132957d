#include <memory>
#include <thread>

#include <fmt/format.h>

#include "data_pipeline/synthetic_set.h"
#include "launcher/commands/command.h"

namespace understudy {
namespace {

ExitCode run(const SynthesizeOptions& options) {
  synthesize_set(options, [](std::int64_t written, std::int64_t all) {
    if (written % std::max<std::int64_t>(1, all / 10) == 0 || written == all)
      fmt::print("{} of {} clips\n", written, all);
  });
  fmt::print("{}\n", options.out.string());
  return ExitCode::kDone;
}

}  // namespace

void add_synthesize_command(CLI::App& app, RunCommand& chosen) {
  const auto options = std::make_shared<SynthesizeOptions>();
  options->threads = std::max(1U, std::thread::hardware_concurrency());
  CLI::App* command =
      add_command(app,
                  "synthesize",
                  "Draw a data set of talking heads with known identity, pose and expression",
                  "understudy synthesize --out sets/heads --identities 40 --clips 4 --frames 32 --size 256 --seed 1");
  command->add_option("--out", options->out, "Folder of the new set")->required();
  command->add_option("--identities", options->identities, "People")->check(at_least(1))->capture_default_str();
  command->add_option("--clips", options->clips, "Clips of each person")->check(at_least(1))->capture_default_str();
  command->add_option("--frames", options->frames, "Frames of each clip")->check(at_least(1))->capture_default_str();
  command
      ->add_option("--stride", options->stride, "Frames of motion, at 25 a second, from one stored frame to the next")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  command->add_option("--size", options->size, "Side of a frame in pixels")
      ->check(CLI::Range(16, 4096))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Seed of every draw")->capture_default_str();
  command
      ->add_option(
          "--first-identity", options->first_identity, "Number of the first person; other sets then have other people")
      ->check(at_least(0))
      ->capture_default_str();
  command
      ->add_option("--first-clip",
                   options->first_clip,
                   "Number of the first clip of each person; other sets then have other clips of the same people")
      ->check(at_least(0))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads; they do not change a byte")->check(CLI::Range(1, 256));
  command->add_option("--jpeg-quality", options->jpeg_quality, "Quality of the frames")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->callback([options, &chosen] { chosen.run = [options] { return run(*options); }; });
}

}  // namespace understudy
