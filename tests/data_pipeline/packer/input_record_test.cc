#include "data_pipeline/packer/input_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace understudy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PackRequest some_request() {
  PackRequest request;
  request.input = "/in/videos";
  request.annotations.landmarks = "/in/kp";
  request.split_lists = {"/in/train.csv", "/in/val.csv"};
  return request;
}

TEST(InputRecord, HoldsEveryOption) {
  PackRequest request = some_request();
  request.mapping = "/in/a\tb.toml";
  request.metadata = "/in/vox.csv";
  request.annotations.masks = "/in/masks";
  request.annotations.boxes = "/in/boxes";
  request.annotations.flame = "/in/flame";
  request.annotations.openface = "/in/openface";
  EXPECT_EQ(input_record(request),
            "--boxes\t/in/boxes\n--flame\t/in/flame\n--landmarks\t/in/kp\n--mapping\t/in/a\\tb.toml\n"
            "--masks\t/in/masks\n--metadata\t/in/vox.csv\n--openface\t/in/openface\n"
            "--split-list\t/in/train.csv\n--split-list\t/in/val.csv\n--videos\t/in/videos\n");
  EXPECT_THAT(input_differences(input_record(request), request), IsEmpty());
}

TEST(InputRecord, NamesWhatIsAnotherNow) {
  PackRequest now = some_request();
  now.input = "/in/other";
  now.annotations.landmarks.clear();
  now.annotations.masks = "/in/masks";
  now.split_lists.pop_back();
  EXPECT_THAT(input_differences(input_record(some_request()), now),
              ElementsAre("--landmarks: /in/kp at its beginning, nothing now",
                          "--masks: nothing at its beginning, /in/masks now",
                          "--split-list: /in/train.csv, /in/val.csv at its beginning, /in/train.csv now",
                          "--videos: /in/videos at its beginning, /in/other now"));
}

TEST(InputRecord, ThePathMayBeSpelledAnyWay) {
  const TemporaryFolder folder;
  PackRequest request;
  request.input = folder.path();
  const std::string record = input_record(request);
  request.input = std::filesystem::relative(folder.path()) / "." / "";
  EXPECT_THAT(input_differences(record, request), IsEmpty());
}

}  // namespace
}  // namespace understudy
