#include "common/config_writer.h"

#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace understudy {

std::string toml_text(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

namespace {

std::string toml_real(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

template <class Value, class Format>
std::string toml_list(const std::vector<Value>& values, Format format) {
  std::vector<std::string> items;
  for (const Value& value : values) items.push_back(format(value));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

/// Base of the visitors that only look: they see each key with its value as TOML.
class ConfigPrinter : public ConfigVisitor {
 public:
  void section(std::string_view name, std::string_view help) override {
    section_ = name;
    on_section(name, help);
  }
  void flag(const KeyInfo& key, bool& value) override { on_key(key, value ? "true" : "false", "true or false"); }
  void integer(const KeyInfo& key, std::int64_t& value, std::int64_t low, std::int64_t high) override {
    on_key(key, fmt::format("{}", value), integer_range(low, high));
  }
  void real(const KeyInfo& key, double& value, double low, double high) override {
    on_key(key, toml_real(value), real_range(low, high));
  }
  void text(const KeyInfo& key, std::string& value) override { on_key(key, toml_text(value), "text"); }
  void texts(const KeyInfo& key, std::vector<std::string>& values) override {
    on_key(key, toml_list(values, toml_text), "list of texts");
  }
  void text_or_texts(const KeyInfo& key, std::vector<std::string>& values) override {
    const std::string value = values.empty() ? toml_text("") : toml_text(values.front());
    on_key(key, values.size() < 2 ? value : toml_list(values, toml_text), "text or list of texts");
  }
  void reals(const KeyInfo& key, std::vector<double>& values, double low, double high) override {
    on_key(key, toml_list(values, toml_real), "list of " + real_range(low, high));
  }
  void integers(const KeyInfo& key, std::vector<std::int64_t>& values, std::int64_t low, std::int64_t high) override {
    on_key(key,
           toml_list(values, [](std::int64_t v) { return fmt::format("{}", v); }),
           "list of " + integer_range(low, high));
  }

 protected:
  void choose(const KeyInfo& key, std::size_t& index, const std::vector<std::string>& words) override {
    std::vector<std::string> quoted;
    for (const std::string& word : words) quoted.push_back(toml_text(word));
    on_key(key, quoted[index], fmt::format("{}", fmt::join(quoted, " or ")));
  }
  virtual void on_section(std::string_view name, std::string_view help) = 0;
  virtual void on_key(const KeyInfo& key, const std::string& value, const std::string& range) = 0;

  std::string section_;

 private:
  static std::string integer_range(std::int64_t low, std::int64_t high) {
    return high == kNoLimit ? fmt::format("integer >= {}", low) : fmt::format("integer {} to {}", low, high);
  }
  static std::string real_range(double low, double high) {
    if (std::isinf(low) && std::isinf(high)) return "number";
    return std::isinf(high) ? fmt::format("number >= {}", low) : fmt::format("number {} to {}", low, high);
  }
};

/// Collects text by section, so that several structs can add keys to one section.
class SectionedText {
 public:
  std::string& section(std::string_view name, const std::string& heading) {
    for (auto& [known, text] : sections_) {
      if (known == name) return text;
    }
    return sections_.emplace_back(std::string(name), heading).second;
  }
  std::string joined() const {
    std::string all;
    for (const auto& [name, text] : sections_) all += (all.empty() ? "" : "\n") + text;
    return all;
  }

 private:
  std::vector<std::pair<std::string, std::string>> sections_;
};

class ConfigWriter final : public ConfigPrinter {
 public:
  std::string joined() const { return sections_.joined(); }

 private:
  void on_section(std::string_view name, std::string_view) override {
    sections_.section(name, fmt::format("[{}]\n", name));
  }
  void on_key(const KeyInfo& key, const std::string& value, const std::string&) override {
    sections_.section(section_, "") += fmt::format("{} = {}\n", key.name, value);
  }
  SectionedText sections_;
};

class ConfigDocument final : public ConfigPrinter {
 public:
  std::string joined() const { return sections_.joined(); }

 private:
  void on_section(std::string_view name, std::string_view help) override {
    sections_.section(
        name,
        fmt::format(
            "## `[{}]`\n\n{}\n\n| key | kind | default | values | meaning |\n|---|---|---|---|---|\n", name, help));
  }
  void on_key(const KeyInfo& key, const std::string& value, const std::string& range) override {
    const std::string former = key.former.empty() ? "" : fmt::format("; formerly `{}`", key.former);
    sections_.section(section_, "") += fmt::format("| `{}` | {} | `{}` | {} | {}{} |\n",
                                                   key.name,
                                                   key.kind == KeyKind::kMethod ? "method" : "machine",
                                                   value,
                                                   range,
                                                   key.help,
                                                   former);
  }
  SectionedText sections_;
};

class MethodKeys final : public ConfigPrinter {
 public:
  std::map<std::string, std::string> values;

 private:
  void on_section(std::string_view, std::string_view) override {}
  void on_key(const KeyInfo& key, const std::string& value, const std::string&) override {
    if (key.kind == KeyKind::kMethod) values[fmt::format("{}.{}", section_, key.name)] = value;
  }
};

}  // namespace

std::string write_config(const DescribeConfig& describe) {
  ConfigWriter writer;
  describe(writer);
  return writer.joined();
}

std::string document_config(const DescribeConfig& describe) {
  ConfigDocument document;
  describe(document);
  return document.joined();
}

std::vector<std::string> method_differences(const DescribeConfig& before,
                                            const DescribeConfig& now,
                                            std::string_view where) {
  MethodKeys old_keys;
  MethodKeys new_keys;
  before(old_keys);
  now(new_keys);
  std::vector<std::string> lines;
  for (const auto& [key, value] : new_keys.values) {
    const auto old_value = old_keys.values.find(key);
    if (old_value == old_keys.values.end()) {
      lines.push_back(fmt::format("{}: absent {}, {} now", key, where, value));
    } else if (old_value->second != value) {
      lines.push_back(fmt::format("{}: {} {}, {} now", key, old_value->second, where, value));
    }
  }
  return lines;
}

}  // namespace understudy
