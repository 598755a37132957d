#include <memory>
#include <optional>

#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"
#include "data_pipeline/picture_grid.h"
#include "data_pipeline/resize.h"
#include "data_pipeline/video_reader.h"
#include "data_pipeline/video_writer.h"
#include "launcher/commands/command.h"
#include "trainer/inference.h"
#include "trainer/memory_pool.h"
#include "trainer/pictures.h"

namespace understudy {
namespace {

struct ReenactArguments {
  InferenceSource networks;
  std::vector<std::string> sources;
  std::string driving;
  std::string out;
  std::string mode = "absolute";
  bool adapt_scale = false;
  bool find_best_frame = false;
  std::int64_t best_frame = -1;
  bool side_by_side = false;
};

/// The first frame of every source: a picture, or a video.
std::vector<Picture> read_sources(const std::vector<std::string>& paths) {
  std::vector<Picture> pictures;
  for (const std::string& path : paths) pictures.push_back(*VideoReader(path).next());
  return pictures;
}

std::size_t choose_reference(const Reenactor& reenactor, const ReenactArguments& arguments, const Picture& source) {
  if (arguments.best_frame >= 0) return static_cast<std::size_t>(arguments.best_frame);
  if (!arguments.find_best_frame) return 0;
  VideoReader driving(arguments.driving);
  const std::size_t best = reenactor.best_reference(source, [&] { return driving.next(); });
  spdlog::info("relative motion starts from driving frame {}", best);
  return best;
}

Picture frame_at(const std::string& path, std::size_t number) {
  VideoReader reader(path);
  std::optional<Picture> frame = reader.next();
  for (std::size_t i = 0; i < number && frame; ++i) frame = reader.next();
  if (!frame) throw ConfigError(fmt::format("--best-frame {}: {} has no such frame", number, path));
  return *std::move(frame);
}

Picture shown(const Reenactor& reenactor, const Picture& driving, const Picture& result, bool side_by_side) {
  if (!side_by_side) return result;
  const int n = static_cast<int>(reenactor.picture_size());
  const std::array<Picture, 2> pair = {to_picture(resize_like_skimage(driving, n, n)), result};
  return picture_grid(pair, 2);
}

ExitCode run(const ReenactArguments& arguments) {
  keep_tensor_memory();
  const std::unique_ptr<Reenactor> reenactor = make_reenactor(arguments.networks);
  const std::vector<Picture> sources = read_sources(arguments.sources);
  VideoReader driving(arguments.driving);
  reenactor->set_sources(sources);
  const ReenactMode mode{.relative = arguments.mode == "relative", .adapt_scale = arguments.adapt_scale};
  if (mode.relative) {
    reenactor->set_reference(frame_at(arguments.driving, choose_reference(*reenactor, arguments, sources.front())));
  }
  VideoOptions options{.frame_rate = driving.frame_rate(), .audio_from = {}};
  if (driving.has_audio()) options.audio_from = arguments.driving;
  const int n = static_cast<int>(reenactor->picture_size());
  VideoWriter writer(arguments.out, arguments.side_by_side ? 2 * n : n, n, options);
  std::int64_t done = 0;
  while (const auto frame = driving.next()) {
    const Picture result = picture_of(reenactor->render(*frame, mode));
    writer.write(shown(*reenactor, *frame, result, arguments.side_by_side));
    ++done;
    if (done % 25 == 0) spdlog::info("frame {} of about {}", done, driving.estimated_frames());
  }
  writer.finish();
  fmt::print("{} frames in {}\n", done, arguments.out);
  return ExitCode::kDone;
}

}  // namespace

void add_reenact_command(CLI::App& app, RunCommand& chosen) {
  const auto arguments = std::make_shared<ReenactArguments>();
  CLI::App* command = add_command(app,
                                  "reenact",
                                  "Animate a source picture by a driving video",
                                  "understudy reenact --weights runs/vox256 --source face.png --driving talk.mp4 --out "
                                  "result.mp4 --mode relative --adapt-scale");
  command
      ->add_option(
          "--weights", arguments->networks.weights, "Run, checkpoint, export or weight file (safetensors, .pt)")
      ->required();
  command->add_option(
      "--config", arguments->networks.config, "Configuration of the networks; needed only beside a bare weight file");
  command->add_option("--detector", arguments->networks.detector, "Keypoint detector, such as kp_detector.pt");
  command->add_option("--source", arguments->sources, "Source pictures (or videos, of which the first frame is taken)")
      ->required()
      ->expected(1, 64);
  command->add_option("--driving", arguments->driving, "Driving video, or folder of pictures")->required();
  command->add_option("--out", arguments->out, "Video to write (.mp4), or a folder for pictures")->required();
  command->add_option("--mode", arguments->mode, "absolute or relative")
      ->check(CLI::IsMember({"absolute", "relative"}))
      ->capture_default_str();
  command->add_flag(
      "--adapt-scale", arguments->adapt_scale, "In relative mode, scale the motion by the sizes of the two faces");
  command->add_flag("--find-best-frame",
                    arguments->find_best_frame,
                    "Start relative motion from the driving frame that is most like the source");
  command
      ->add_option(
          "--best-frame", arguments->best_frame, "Start relative motion from this driving frame, counted from 0")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--side-by-side", arguments->side_by_side, "Show the driving frame beside the result");
  command->callback([arguments, &chosen] { chosen = [arguments] { return run(*arguments); }; });
}

}  // namespace understudy
