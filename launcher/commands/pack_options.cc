#include "launcher/commands/pack_options.h"

#include <string>

#include "launcher/commands/command.h"
#include "launcher/commands/named_choice.h"

namespace understudy {
namespace {

void add_frame_options(CLI::App& command, FramePreparation& frames) {
  command.add_option("--width", frames.width, "Width of packed frames; 0: as they come")->check(CLI::Range(0, 65500));
  command.add_option("--height", frames.height, "Height of packed frames")->check(CLI::Range(0, 65500));
  command
      .add_option_function<int>(
          "--size", [&frames](int side) { frames.width = frames.height = side; }, "Both, for square frames")
      ->check(CLI::Range(1, 65500));
  command.add_flag("--square", frames.square, "Make both sides as long as the shorter one (FSRT's advice)");
  command.add_option("--max-size", frames.max_size, "No side gets longer than this")->check(CLI::Range(0, 65500));
  command.add_option("--fit", frames.fit, "squeeze or crop: how a frame gets another aspect ratio")
      ->type_name("WAY")
      ->transform(named_choice<FrameFit>({{"squeeze", FrameFit::kSqueeze}, {"crop", FrameFit::kCrop}}));
  command.add_option("--jpeg-quality", frames.jpeg_quality, "Of frames that are not kept as they came")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_flag("--full-chroma", frames.full_chroma, "4:4:4 instead of 4:2:0");
  command.add_option("--stride", frames.stride, "Pack every n-th frame")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command.add_option("--min-frames", frames.min_frames, "Reject clips with fewer")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command.add_option("--min-size", frames.min_size, "Reject clips whose shorter side is below, in pixels")
      ->check(CLI::Range(1, 65500))
      ->capture_default_str();
}

void add_split_options(CLI::App& command, PackRequest& request) {
  PackSettings& settings = request.settings;
  command
      .add_option("--split",
                  settings.split,
                  "Which set a clip goes to: none (one set), folder (official train and test), identity (a share of "
                  "the people is held out), lists (--split-list)")
      ->type_name("RULE")
      ->transform(named_choice<SplitKind>({{"none", SplitKind::kNone},
                                           {"folder", SplitKind::kFolder},
                                           {"identity", SplitKind::kIdentity},
                                           {"lists", SplitKind::kLists}}));
  command.add_option("--split-list", request.split_lists, "vox-metadata.csv, train.csv and val.csv, or clip and split")
      ->allow_extra_args(false);
  command.add_option("--split-fraction", settings.split_fraction, "Of the people, held out with --split identity")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--split-seed", settings.split_seed, "Of their draw")->check(at_least(0))->capture_default_str();
}

}  // namespace

void add_input_options(CLI::App& command, const std::shared_ptr<PackRequest>& request) {
  command.add_option("--videos", request->input, "Folder of videos or frames, or an HDF5 file")->required();
  command.add_option("--layout", request->layout, "fsrt, voxceleb2, frames or hdf5; default: what it looks like")
      ->type_name("LAYOUT")
      ->transform(named_choice<InputLayout>({{"fsrt", InputLayout::kNamedClips},
                                             {"voxceleb2", InputLayout::kVoxceleb2},
                                             {"frames", InputLayout::kFrameFolders},
                                             {"hdf5", InputLayout::kHdf5}}));
  command.add_option("--mapping", request->mapping, "TOML file that says where an HDF5 file keeps its frames");
  command.add_option("--metadata", request->metadata, "vox-metadata.csv: frame rates, boxes and lengths of clips");
  AnnotationFolders& folders = request->annotations;
  command.add_option("--landmarks", folders.landmarks, "Folder of face-alignment landmarks (.npy)");
  command.add_option("--masks", folders.masks, "Folder of foreground masks (.png)");
  command.add_option("--boxes", folders.boxes, "Folder of boxes (.npy or .csv)");
  command.add_option("--flame", folders.flame, "Folder of FLAME fits (.npz)");
  command.add_option("--openface", folders.openface, "Folder of pose and action units as OpenFace writes them (.csv)");
}

void add_content_options(CLI::App& command, const std::shared_ptr<PackRequest>& request) {
  PackSettings& settings = request->settings;
  add_frame_options(command, settings.frames);
  add_split_options(command, *request);
  command.add_option("--landmark-size", settings.landmark_size, "Side of the picture that landmarks are pixels of")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  command.add_option("--mask-codec", settings.mask_codec, "png8 (soft) or bits-deflate (hard, smaller)")
      ->type_name("CODEC")
      ->transform(named_choice<MaskCodec>({{"png8", MaskCodec::kPng8}, {"bits-deflate", MaskCodec::kBitsDeflate}}));
  command.add_option("--source", settings.source, "Name of the source, kept with the set: voxceleb1, ...");
  command.add_option("--annotation-tool", settings.annotation_tool, "What made the annotations, kept with them");
  command.add_option("--shard-mib", settings.shard_mebibytes, "Size of a shard in MiB")
      ->check(CLI::Range(0.001, 1048576.0))
      ->capture_default_str();
}

}  // namespace understudy
