#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/errors.h"
#include "common/log.h"
#include "common/problems.h"
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
  std::int64_t batch = 8;
  std::string masks;
  std::string background;
};

/// Six hexadecimal digits, as web pages write a colour, with or without '#'.
bool is_colour(std::string_view text) {
  if (text.starts_with('#')) text.remove_prefix(1);
  return text.size() == 6 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// @pre is_colour(text)  @returns [3, 1, 1] in [0, 1]
at::Tensor parse_colour(std::string_view text) {
  if (text.starts_with('#')) text.remove_prefix(1);
  at::Tensor colour = at::empty({3, 1, 1});
  for (std::size_t c = 0; c < 3; ++c) {
    int value = 0;
    std::from_chars(text.data() + 2 * c, text.data() + 2 * c + 2, value, 16);
    colour.data_ptr<float>()[c] = static_cast<float>(value) / 255.0F;
  }
  return colour;
}

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

/// Where frames go: the video, and where asked for the masks. Also counts what it took.
class Animation {
 public:
  Animation(const Reenactor& reenactor, const ReenactArguments& arguments, const VideoOptions& options)
      : reenactor_(reenactor),
        arguments_(arguments),
        side_(static_cast<int>(reenactor.picture_size())),
        pictures_(arguments.out, arguments.side_by_side ? 2 * side_ : side_, side_, options) {
    if (!arguments.masks.empty())
      masks_.emplace(arguments.masks, side_, side_, VideoOptions{.frame_rate = options.frame_rate, .audio_from = {}});
    if (!arguments.background.empty()) background_ = parse_colour(arguments.background);
  }

  void add(std::span<const Picture> driving, const ReenactMode& mode) {
    const auto start = Clock::now();
    const AnimatedFrames frames = reenactor_.render(driving, mode);
    drawing_ += Clock::now() - start;
    for (std::size_t i = 0; i < driving.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i);
      pictures_.write(beside(driving[i], picture_of(on_background(frames, row))));
      if (masks_) masks_->write(picture_of(frames.masks[row].expand({3, -1, -1})));
    }
    frames_ += std::ssize(driving);
  }

  void finish() {
    pictures_.finish();
    if (masks_) masks_->finish();
  }

  std::int64_t frames() const { return frames_; }
  double drawn_per_second() const { return per_second(drawing_); }
  double per_second() const { return per_second(Clock::now() - start_); }

 private:
  using Clock = std::chrono::steady_clock;

  double per_second(Clock::duration time) const {
    return static_cast<double>(frames_) / std::chrono::duration<double>(time).count();
  }

  at::Tensor on_background(const AnimatedFrames& frames, std::int64_t row) const {
    if (!background_.defined()) return frames.pictures[row];
    return frames.pictures[row] + (1 - frames.masks[row]) * background_;
  }

  Picture beside(const Picture& driving, Picture result) const {
    if (!arguments_.side_by_side) return result;
    const std::array<Picture, 2> pair = {to_picture(resize_like_skimage(driving, side_, side_)), std::move(result)};
    return picture_grid(pair, 2);
  }

  const Reenactor& reenactor_;
  const ReenactArguments& arguments_;
  int side_;
  VideoWriter pictures_;
  std::optional<VideoWriter> masks_;
  at::Tensor background_;  ///< [3, 1, 1]; undefined: as drawn
  std::int64_t frames_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::duration drawing_{};
};

/// Whether two paths that need not exist lead to one place.
bool same_place(const std::string& a, const std::string& b) {
  namespace fs = std::filesystem;
  const auto plain = [](const std::string& path) {
    const fs::path whole = fs::weakly_canonical(fs::absolute(path)).lexically_normal();
    return whole.has_filename() ? whole : whole.parent_path();
  };
  return plain(a) == plain(b);
}

/// What is written must not take the place of what is read or of each other. @throws ConfigError
void check_places(const ReenactArguments& arguments) {
  Problems problems;
  const auto check_one = [&](const char* option, const std::string& place) {
    if (same_place(place, arguments.driving))
      problems.add(fmt::format("{} {}: is the driving video, which would be lost; name another", option, place));
    for (const std::string& source : arguments.sources) {
      if (same_place(place, source))
        problems.add(fmt::format("{} {}: is a source, which would be lost; name another", option, place));
    }
  };
  if (arguments.out.empty()) {
    problems.add("--out: is empty; name a video or a folder");
  } else {
    check_one("--out", arguments.out);
  }
  if (!arguments.masks.empty()) {
    check_one("--masks", arguments.masks);
    if (!arguments.out.empty() && same_place(arguments.masks, arguments.out))
      problems.add(fmt::format("--masks {}: is the place of --out, too; name another", arguments.masks));
  }
  problems.raise_if_any("reenact");
}

/// Whether the networks can do what the arguments ask for. @throws ConfigError  naming everything that they cannot
void check(const Reenactor& reenactor, const ReenactArguments& arguments) {
  Problems problems;
  if (reenactor.sources_wanted() == 0 && !arguments.sources.empty())
    problems.add("--source: these networks were tuned to one person and draw no other; leave it out");
  if (reenactor.sources_wanted() > 0 && arguments.sources.empty())
    problems.add("--source: missing; name at least one picture of the person to animate");
  if (!reenactor.draws_foreground() && !arguments.masks.empty())
    problems.add("--masks: these networks draw whole pictures and know no foreground; leave it out");
  if (!reenactor.draws_foreground() && !arguments.background.empty())
    problems.add("--background: these networks draw whole pictures and know no foreground; leave it out");
  if (!arguments.background.empty() && !is_colour(arguments.background))
    problems.add(
        fmt::format("--background {}: no colour; give six hexadecimal digits such as 00ff00", arguments.background));
  problems.raise_if_any("reenact");
}

/// Up to `count` frames; fewer at the end of the video.
std::vector<Picture> next_frames(VideoReader& video, std::int64_t count) {
  std::vector<Picture> frames;
  while (std::ssize(frames) < count) {
    auto frame = video.next();
    if (!frame) break;
    frames.push_back(*std::move(frame));
  }
  return frames;
}

void set_reference(Reenactor& reenactor, const ReenactArguments& arguments, const std::vector<Picture>& sources) {
  // Systems without relative motion may have no source; they refuse before they look at one.
  const Picture source = sources.empty() ? Picture() : sources.front();
  reenactor.set_reference(frame_at(arguments.driving, choose_reference(reenactor, arguments, source)));
}

ExitCode run(const ReenactArguments& arguments) {
  keep_tensor_memory();
  check_places(arguments);
  const std::unique_ptr<Reenactor> reenactor = make_reenactor(arguments.networks);
  check(*reenactor, arguments);
  const std::vector<Picture> sources = read_sources(arguments.sources);
  VideoReader driving(arguments.driving);
  if (!sources.empty()) reenactor->set_sources(sources);
  const ReenactMode mode{.relative = arguments.mode == "relative", .adapt_scale = arguments.adapt_scale};
  if (mode.relative) set_reference(*reenactor, arguments, sources);
  VideoOptions options{.frame_rate = driving.frame_rate(), .audio_from = {}};
  if (driving.has_audio()) options.audio_from = arguments.driving;
  Animation animation(*reenactor, arguments, options);
  for (std::int64_t said = 0;;) {
    const std::vector<Picture> frames = next_frames(driving, arguments.batch);
    if (frames.empty()) break;
    animation.add(frames, mode);
    if (animation.frames() / 25 > said / 25)
      spdlog::info("frame {} of about {}", animation.frames(), driving.estimated_frames());
    said = animation.frames();
  }
  animation.finish();
  fmt::print("{} frames in {}: {:.1f} frames a second drawn, {:.1f} with reading and writing\n",
             animation.frames(),
             arguments.out,
             animation.drawn_per_second(),
             animation.per_second());
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
  command
      ->add_option("--source",
                   arguments->sources,
                   "Source pictures (or videos, of which the first frame is taken); none where the networks were tuned "
                   "to a person")
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
      ->check(at_least(0));
  command
      ->add_option(
          "--batch", arguments->batch, "Frames drawn at once; changes the speed, and pictures by rounding at most")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--masks",
                      arguments->masks,
                      "Video or folder for the foreground's masks, of networks that draw a foreground on black");
  command->add_option(
      "--background", arguments->background, "Colour behind such a foreground, such as 00ff00; default black");
  command->add_flag("--side-by-side", arguments->side_by_side, "Show the driving frame beside the result");
  command->callback([arguments, &chosen] { chosen.run = [arguments] { return run(*arguments); }; });
}

}  // namespace understudy
