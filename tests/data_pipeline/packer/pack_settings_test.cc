#include "data_pipeline/packer/pack_settings.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/errors.h"
#include "data_pipeline/packer/pack_request.h"

namespace understudy {
namespace {

TEST(PackSettings, ComeBackAsWritten) {
  PackSettings settings;
  settings.frames.square = true;
  settings.frames.max_size = 512;
  settings.frames.fit = FrameFit::kCrop;
  settings.split = SplitKind::kIdentity;
  settings.split_fraction = 0.125;
  settings.mask_codec = MaskCodec::kBitsDeflate;
  const std::string text = settings_text(settings);
  EXPECT_NE(text, settings_text({}));
  EXPECT_EQ(settings_text(read_settings(text, "packing.toml")), text);
}

TEST(PackSettings, ListEverythingThatIsWrong) {
  try {
    read_settings("[frames]\nstride = 0\nmax_sise = 3\n", "packing.toml");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), ::testing::AllOf(::testing::HasSubstr("stride"), ::testing::HasSubstr("max_sise")));
  }
}

TEST(PackSettings, MakeNoSetThatCouldNotBeReadAgain) {
  EXPECT_EQ(set_options({}).packer_config, settings_text({}));
  EXPECT_THROW(set_options({.landmark_size = 70000}), ConfigError);
  EXPECT_THROW(set_options({.split_seed = -3}), ConfigError);
  EXPECT_THROW(set_options({.shard_mebibytes = std::nan("")}), ConfigError);
}

}  // namespace
}  // namespace understudy
