#include <espalier/compiler/error.hpp>
#include <espalier/compiler/safetensors.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <ranges>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace espalier::compiler {

namespace {

using json = nlohmann::json;

struct type_row {
  element_type type;
  std::string_view name;
  std::size_t size;
};

constexpr auto types = std::to_array<type_row>({
    {element_type::f64, "F64", 8},
    {element_type::f32, "F32", 4},
    {element_type::f16, "F16", 2},
    {element_type::bf16, "BF16", 2},
    {element_type::i64, "I64", 8},
    {element_type::i32, "I32", 4},
    {element_type::i16, "I16", 2},
    {element_type::i8, "I8", 1},
    {element_type::u8, "U8", 1},
    {element_type::boolean, "BOOL", 1},
});

constexpr std::size_t length_bytes = 8;
constexpr std::size_t alignment = 8;
constexpr std::string_view metadata_key = "__metadata__";
constexpr int remaining_depth = 3; // of a header: tensors, a tensor, its shape

type_row const& row_of(element_type type) {
  return *std::ranges::find(types, type, &type_row::type);
}

// Bytes of a shape; nothing where they exceed 64 bits or a dimension is negative.
std::optional<std::uint64_t> bytes_of(std::vector<std::int64_t> const& dimensions, std::size_t element_size) {
  auto bytes = static_cast<std::uint64_t>(element_size);
  if (std::ranges::find(dimensions, 0) != dimensions.end())
    bytes = 0;
  for (auto const dimension : dimensions) {
    if (dimension < 0)
      return {};
    auto const factor = static_cast<std::uint64_t>(dimension);
    if (factor != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / factor)
      return {};
    bytes *= factor;
  }
  return bytes;
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < length_bytes; ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

std::string little_endian(std::uint64_t value) {
  std::string bytes;
  for (std::size_t i = 0; i < length_bytes; ++i)
    bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

struct located_tensor {
  stored_tensor tensor;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// Reads one file; every fault names it.
class file_reader {
public:
  file_reader(std::string_view content, std::string_view origin) : content_(content), origin_(origin) {}

  [[nodiscard]] std::vector<stored_tensor> read() const {
    auto const header = parse_header();
    auto const data = content_.substr(length_bytes + header_length());
    std::vector<located_tensor> located;
    for (auto const& [name, entry] : header.items())
      if (name == metadata_key)
        require_texts(entry);
      else
        located.push_back(locate(name, entry));
    require_seamless(located, data.size());
    std::vector<stored_tensor> tensors;
    for (auto& l : located) {
      l.tensor.bytes = data.substr(l.begin, l.end - l.begin);
      tensors.push_back(std::move(l.tensor));
    }
    std::ranges::sort(tensors, {}, &stored_tensor::name);
    return tensors;
  }

private:
  template <class... Arguments>
  [[noreturn]] void refuse(fmt::format_string<Arguments...> sentence, Arguments&&... arguments) const {
    throw user_error(fmt::format("{}: no sound safetensors file: {}; save the weights again", origin_,
                                 fmt::format(sentence, std::forward<Arguments>(arguments)...)));
  }

  [[nodiscard]] std::uint64_t header_length() const {
    if (content_.size() < length_bytes)
      refuse("it has {} bytes, its header's length alone takes {}", content_.size(), length_bytes);
    auto const length = little_endian(content_);
    if (length > safetensors_header_limit)
      refuse("its header claims {} bytes, at most {} are allowed", length, safetensors_header_limit);
    if (length > content_.size() - length_bytes)
      refuse("its header claims {} bytes, {} are there", length, content_.size() - length_bytes);
    return length;
  }

  [[nodiscard]] json parse_header() const {
    auto const text = content_.substr(length_bytes, header_length());
    if (!text.starts_with('{'))
      refuse("its header does not begin with a brace");
    std::vector<std::set<std::string>> names; // of the objects that are open
    auto const watch = [&](int depth, json::parse_event_t event, json& parsed) {
      if (depth > remaining_depth)
        refuse("its header nests {} deep, at most {} are allowed", depth, remaining_depth);
      if (event == json::parse_event_t::object_start)
        names.emplace_back();
      if (event == json::parse_event_t::object_end)
        names.pop_back();
      if (event == json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second)
        refuse("its header has '{}' twice", parsed.get<std::string>());
      return true;
    };
    try {
      return json::parse(text, watch);
    } catch (json::exception const& error) {
      refuse("its header is no JSON ({})", error.what());
    }
  }

  void require_texts(json const& metadata) const {
    bool const fits =
        metadata.is_object() && std::ranges::all_of(metadata, [](json const& v) { return v.is_string(); });
    if (!fits)
      refuse("its metadata is not an object of texts");
  }

  [[nodiscard]] located_tensor locate(std::string const& name, json const& entry) const {
    if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets"))
      refuse("'{}' is not described by dtype, shape and data_offsets", name);
    located_tensor result;
    result.tensor.name = name;
    result.tensor.type = type_called(name, entry["dtype"]);
    for (auto const dimension : numbers(name, "shape", entry["shape"]))
      result.tensor.dimensions.push_back(static_cast<std::int64_t>(dimension));
    auto const offsets = numbers(name, "data_offsets", entry["data_offsets"]);
    if (offsets.size() != 2)
      refuse("'{}' has {} data_offsets, 2 are needed", name, offsets.size());
    result.begin = offsets[0];
    result.end = offsets[1];
    if (result.begin > result.end)
      refuse("'{}' begins at byte {} and ends at {}", name, result.begin, result.end);
    auto const needed = bytes_of(result.tensor.dimensions, size_of(result.tensor.type));
    if (needed != result.end - result.begin)
      refuse("'{}' has {} bytes, {} of shape [{}] take {}", name, result.end - result.begin,
             name_of(result.tensor.type), fmt::join(result.tensor.dimensions, ", "),
             needed ? std::to_string(*needed) : "more than 64 bits can say");
    return result;
  }

  [[nodiscard]] element_type type_called(std::string const& tensor, json const& name) const {
    auto const* const row =
        name.is_string() ? std::ranges::find(types, name.get<std::string>(), &type_row::name) : types.end();
    if (row == types.end())
      refuse("'{}' has dtype {}, which is none of {}", tensor, name.dump(-1, ' ', true, json::error_handler_t::replace),
             fmt::join(types | std::views::transform(&type_row::name), ", "));
    return row->type;
  }

  [[nodiscard]] std::vector<std::uint64_t> numbers(std::string const& tensor, std::string_view key,
                                                   json const& list) const {
    std::vector<std::uint64_t> result;
    bool const fits =
        list.is_array() && std::ranges::all_of(list, [&](json const& n) {
          if (!n.is_number_unsigned() || n.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
            return false;
          result.push_back(n.get<std::uint64_t>());
          return true;
        });
    if (!fits)
      refuse("{} of '{}' is not a list of whole numbers of 63 bits", key, tensor);
    return result;
  }

  // Sorts the tensors by where they lie.
  void require_seamless(std::vector<located_tensor>& located, std::uint64_t data_size) const {
    std::ranges::sort(located, {}, [](located_tensor const& l) { return std::tie(l.begin, l.end, l.tensor.name); });
    std::uint64_t expected = 0;
    for (auto const& l : located) {
      if (l.begin != expected)
        refuse("'{}' begins at byte {} of the data, what lies before it ends at {}", l.tensor.name, l.begin, expected);
      expected = l.end;
    }
    if (expected != data_size)
      refuse("its tensors take {} bytes of data, {} are there", expected, data_size);
  }

  std::string_view content_;
  std::string_view origin_;
};

} // namespace

std::string_view name_of(element_type type) {
  return row_of(type).name;
}

std::size_t size_of(element_type type) {
  return row_of(type).size;
}

std::string write_safetensors(std::vector<stored_tensor> tensors) {
  // Wide elements first: then every tensor is aligned.
  std::ranges::sort(tensors, [](stored_tensor const& a, stored_tensor const& b) {
    return std::make_tuple(size_of(b.type), std::cref(a.name)) < std::make_tuple(size_of(a.type), std::cref(b.name));
  });
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::uint64_t end = 0;
  for (auto const& t : tensors) {
    if (header.contains(t.name) || bytes_of(t.dimensions, size_of(t.type)) != t.bytes.size())
      throw internal_error(fmt::format("tensor {} of {} bytes does not fit its file", t.name, t.bytes.size()));
    auto const begin = end;
    end += t.bytes.size();
    header[t.name] = {{"dtype", name_of(t.type)}, {"shape", t.dimensions}, {"data_offsets", {begin, end}}};
  }
  auto text = header.dump();
  text.resize((text.size() + alignment - 1) / alignment * alignment, ' ');
  auto content = little_endian(text.size()) + text;
  for (auto const& t : tensors)
    content += t.bytes;
  return content;
}

std::vector<stored_tensor> read_safetensors(std::string_view content, std::string_view origin) {
  return file_reader{content, origin}.read();
}

} // namespace espalier::compiler
