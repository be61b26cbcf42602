#include "header.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <tuple>

#include "text.hpp"
#include "types.hpp"

namespace gradus::checkpoint {

namespace {

constexpr std::size_t kMostName = 65'535, kMostDimensions = 64;
/// What tensors and metadata may take: three headers, the data and 36 MB. The
/// parser takes for its longest string up to another header and 28 MB.
constexpr std::uint64_t most_memory(std::uint64_t header_bytes, std::uint64_t data_bytes) {
  return 3 * header_bytes + data_bytes + 36'000'000;
}
/// Of a node of a map, of what the heap keeps for itself.
constexpr std::uint64_t kNode = 160, kBlock = 32;

/// The text, as the parser wants it.
struct Byte {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  HeaderText* text;  // nullptr: the end

  char operator*() const { return text->here(); }
  Byte& operator++() {
    text->advance();
    return *this;
  }
  friend bool operator==(const Byte& a, const Byte& b) { return a.is_end() == b.is_end(); }
  [[nodiscard]] bool is_end() const { return text == nullptr || text->at_end(); }
};

std::string offsets_text(std::uint64_t begin, std::uint64_t end) {
  return "[" + std::to_string(begin) + ", " + std::to_string(end) + "]";
}

/// Takes a header from the parser. It knows at each moment
/// what may come, so nothing is deeper than it must be.
class Events final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Events(const std::string& file, std::uint64_t memory) : file_(file), memory_(memory) {}

  bool start_object(std::size_t /*elements*/) override {
    if (place_ == Place::nowhere) return enter(Place::names);
    if (place_ != Place::names) refuse("an object");
    if (tensor_.name != "__metadata__") return enter(Place::tensor);
    if (std::exchange(had_metadata_, true)) refuse_twice("__metadata__");
    return enter(Place::metadata);
  }

  bool key(string_t& key) override {
    if (place_ == Place::names) {
      tensor_ = {};
      tensor_.name = std::move(key);
      had_dtype_ = had_shape_ = had_offsets_ = false;
    } else {
      key_ = std::move(key);
      if (place_ == Place::tensor) check_key();
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) return add_metadata(value);
    if (place_ != Place::tensor || key_ != "dtype") refuse("the string '" + shown(value) + "'");
    const auto row = std::ranges::find(kTypes, std::string_view(value), &TypeRow::name);
    if (row == kTypes.end()) refuse("the dtype '" + shown(value) + "'");
    tensor_.type = static_cast<Type>(row - kTypes.begin());
    return true;
  }

  bool start_array(std::size_t /*elements*/) override {
    if (place_ != Place::tensor || key_ == "dtype") refuse("an array");
    offsets_.clear();
    return enter(key_ == "shape" ? Place::shape : Place::offsets);
  }

  bool number_unsigned(number_unsigned_t number) override {
    constexpr number_unsigned_t kMost = std::numeric_limits<std::int64_t>::max();
    const bool may_come = place_ == Place::shape || place_ == Place::offsets;
    if (!may_come || number > kMost) refuse("the number " + std::to_string(number));
    if (place_ == Place::offsets) return add_offset(number);
    if (tensor_.shape.size() == kMostDimensions) refuse("more");
    tensor_.shape.push_back(static_cast<std::int64_t>(number));
    return true;
  }

  bool end_array() override {
    if (place_ == Place::offsets && offsets_.size() != 2) refuse("fewer than two numbers");
    return enter(Place::tensor);
  }

  bool end_object() override {
    if (place_ == Place::names) return true;
    if (place_ == Place::tensor) add_tensor();
    return enter(Place::names);
  }

  bool null() override { refuse("null"); }
  bool boolean(bool /*value*/) override { refuse("a truth value"); }
  bool number_integer(number_integer_t number) override { refuse("the number " + std::to_string(number)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    refuse("the number " + shown(text));
  }
  bool binary(binary_t& /*value*/) override { refuse("bytes"); }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& /*error*/) override {
    fail(file_, "its header is no JSON: found '" + shown(token) + "' at byte " + std::to_string(position));
  }

  Header take() { return std::move(header_); }

 private:
  enum class Place { nowhere, names, metadata, tensor, shape, offsets };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  [[nodiscard]] std::string what() const {
    if (place_ == Place::nowhere) return "its header";
    if (place_ == Place::metadata) return "__metadata__, '" + shown(key_) + "'";
    return tensor_text(tensor_.name) + (place_ == Place::names ? "" : ", '" + shown(key_) + "'");
  }

  [[nodiscard]] std::string expected() const {
    if (place_ == Place::nowhere || place_ == Place::names) return "an object";
    if (place_ == Place::metadata) return "a string";
    if (place_ == Place::tensor && key_ == "dtype") return "the name of a type of whole bytes, as \"F32\"";
    if (place_ == Place::offsets || key_ == "data_offsets") return "two whole numbers of 0 to 2^63 - 1";
    return "up to 64 whole numbers of 0 to 2^63 - 1";
  }

  [[noreturn]] void refuse(const std::string& found) const {
    fail(file_, what() + ": found " + found + "; expected " + expected());
  }
  [[noreturn]] void refuse_twice(const std::string& who) const { fail(file_, who + " stands there twice"); }
  [[noreturn]] void refuse_tensor(const std::string& why) const {
    fail(file_, tensor_text(tensor_.name) + ": " + why);
  }

  void check_key() {
    bool* const had = key_ == "dtype"          ? &had_dtype_
                      : key_ == "shape"        ? &had_shape_
                      : key_ == "data_offsets" ? &had_offsets_
                                               : nullptr;
    if (had == nullptr)
      refuse_tensor("found '" + shown(key_) + "'; expected 'dtype', 'shape' and 'data_offsets' alone");
    if (std::exchange(*had, true)) refuse_twice(what());
  }

  bool add_offset(std::uint64_t offset) {
    if (offsets_.size() == 2) refuse("a third number");
    offsets_.push_back(offset);
    return true;
  }

  bool add_metadata(string_t& value) {
    take_memory(kNode + 2 * kBlock + key_.size() + value.size());
    if (header_.metadata.contains(key_)) refuse_twice(what());
    header_.metadata.emplace(std::move(key_), std::move(value));
    return true;
  }

  void add_tensor() {
    if (!had_dtype_ || !had_shape_ || !had_offsets_)
      refuse_tensor("lacks one of 'dtype', 'shape' and 'data_offsets'");
    if (tensor_.name.size() > kMostName)
      refuse_tensor("its name has " + std::to_string(tensor_.name.size()) + " bytes; expected at most " +
                    std::to_string(kMostName));
    const std::optional<std::uint64_t> bytes = bytes_of(tensor_);
    if (!bytes) refuse_tensor("its shape has more bytes than 64 bits count");
    const std::uint64_t begin = offsets_[0], end = offsets_[1];
    if (begin > end || end - begin != *bytes)
      refuse_tensor("its data_offsets are " + offsets_text(begin, end) + "; its dtype and shape make " +
                    std::to_string(*bytes) + " bytes");
    tensor_.begin = begin;
    tensor_.bytes = *bytes;
    // Twice, for a vector that grows.
    take_memory(2 * sizeof(StoredTensor) + sizeof(std::uint32_t) + sizeof(std::uint64_t) + 2 * kBlock +
                tensor_.name.size() + 2 * tensor_.shape.size() * sizeof(std::int64_t));
    header_.tensors.push_back(std::move(tensor_));
  }

  void take_memory(std::uint64_t bytes) {
    if (bytes > memory_)
      fail(file_, "its header would take more memory than the file, three times its header and 64 MB");
    memory_ -= bytes;
  }

  const std::string& file_;
  std::uint64_t memory_;
  Header header_;
  Place place_ = Place::nowhere;
  StoredTensor tensor_;
  std::string key_;
  std::vector<std::uint64_t> offsets_;
  bool had_metadata_ = false, had_dtype_ = false, had_shape_ = false, had_offsets_ = false;
};

/// Sorts them by their data, which must follow one upon the other.
void arrange(const std::string& file, std::vector<StoredTensor>& tensors, std::uint64_t data_bytes) {
  const auto place = [](const StoredTensor& t) { return std::tie(t.begin, t.bytes, t.name); };
  std::ranges::sort(tensors, {}, place);
  std::uint64_t end = 0;
  for (const StoredTensor& tensor : tensors) {
    if (tensor.begin != end)
      fail(file, tensor_text(tensor.name) + ": its data begins at byte " + std::to_string(tensor.begin) +
                     (tensor.begin < end ? ", within another's" : ", after a hole") + "; expected " +
                     std::to_string(end));
    end += tensor.bytes;
  }
  if (end != data_bytes)
    fail(file,
         "has " + std::to_string(data_bytes) + " bytes of data; its header tells of " + std::to_string(end));
}

std::vector<std::uint32_t> sorted_by_name(const std::string& file, const std::vector<StoredTensor>& tensors) {
  std::vector<std::uint32_t> places(tensors.size());
  std::iota(places.begin(), places.end(), 0);
  const auto name = [&](std::uint32_t place) -> const std::string& { return tensors[place].name; };
  std::ranges::sort(places, {}, name);
  const auto twice = std::ranges::adjacent_find(places, {}, name);
  if (twice != places.end()) fail(file, tensor_text(name(*twice)) + " stands there twice");
  return places;
}

}  // namespace

const StoredTensor* Header::find(std::string_view name) const {
  const auto name_at = [&](std::uint32_t place) { return std::string_view(tensors[place].name); };
  const auto found = std::ranges::lower_bound(by_name, name, {}, name_at);
  return found == by_name.end() || name_at(*found) != name ? nullptr : &tensors[*found];
}

Header parse_header(HeaderText& text, std::uint64_t data_bytes) {
  Events events(text.file(), most_memory(text.bytes(), data_bytes));
  nlohmann::json::sax_parse(Byte{&text}, Byte{nullptr}, &events);
  Header header = events.take();
  arrange(text.file(), header.tensors, data_bytes);
  header.by_name = sorted_by_name(text.file(), header.tensors);
  return header;
}

}  // namespace gradus::checkpoint
