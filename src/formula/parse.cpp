#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "formula/code.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"

namespace gradus::formula {

namespace {

constexpr std::size_t kLongest = 10'000;  // characters
constexpr int kDeepest = 100;             // parentheses in each other

struct Token {
  enum class Kind { name, number, sign, end_of_line, end } kind;
  std::string_view text;
};

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Turns a text into tokens, and tells places in it.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) { next(); }

  [[nodiscard]] const Token& now() const { return token_; }
  Token take() {
    const Token token = token_;
    next();
    return token;
  }
  bool take(std::string_view sign) {
    if (token_.kind != Token::Kind::sign || token_.text != sign) return false;
    next();
    return true;
  }
  void expect(std::string_view sign) {
    if (!take(sign)) fail("expected '" + std::string(sign) + "'" + found());
  }
  [[nodiscard]] std::string found() const {
    if (token_.kind == Token::Kind::end) return ", found the end of the formula";
    if (token_.kind == Token::Kind::end_of_line) return ", found the end of the line";
    return ", found '" + std::string(token_.text) + "'";
  }
  [[noreturn]] void fail(const std::string& why) const { fail(token_.text, why); }
  [[noreturn]] void fail(std::string_view place, const std::string& why) const {
    const auto at = static_cast<std::size_t>(place.data() - text_.data());
    const std::string_view before = text_.substr(0, at);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    throw Error("formula, line " + std::to_string(line) + ", column " + std::to_string(at - begin + 1) +
                ": " + why);
  }

 private:
  void next() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
    if (at_ < text_.size() && text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
    if (at_ == text_.size()) return set(Token::Kind::end, 0);
    const char c = text_[at_];
    if (c == '\n' || c == ';') return set(Token::Kind::end_of_line, 1);
    if (begins_name(c))
      return set(Token::Kind::name, length_while([](char k) { return begins_name(k) || is_digit(k); }));
    if (is_digit(c) || c == '.') return set(Token::Kind::number, length_of_number());
    set(Token::Kind::sign, text_.substr(at_, 2) == "**" ? 2 : 1);
  }
  void set(Token::Kind kind, std::size_t length) {
    token_ = {kind, text_.substr(at_, length)};
    at_ += length;
  }
  template <class F>
  std::size_t length_while(F f) {
    std::size_t length = 0;
    while (at_ + length < text_.size() && f(text_[at_ + length])) ++length;
    return length;
  }
  std::size_t length_of_number() {
    double value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc{}) fail(text_.substr(at_, 1), "expected a number");
    return static_cast<std::size_t>(end - begin);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Token token_{};
};

/// What a name or an expression stands for.
using Value = Operand;

class Parser {
 public:
  Parser(std::string_view text, const std::vector<std::string>& fields) : tokens_(text) {
    code_.fields = fields;
    code_.values = 2;
    named_["g"] = {false, Code::kGradient};
    named_["x"] = {false, Code::kParameter};
    find_kept(text);
    for (std::size_t i = 0; i < fields.size(); ++i) fields_[fields[i]] = i;
  }

  Code run() {
    while (tokens_.now().kind != Token::Kind::end) {
      if (tokens_.now().kind == Token::Kind::end_of_line)
        tokens_.take();
      else
        line();
    }
    const auto direction = named_.find("u");
    if (direction == named_.end())
      tokens_.fail("expected a line 'u = ...': the direction that x moves against");
    code_.direction = elements(direction->second);
    for (Kept& kept : code_.kept) kept.after = elements(named_[kept.name]);
    return std::move(code_);
  }

 private:
  /// Names that are read before the line that first writes them has ended.
  void find_kept(std::string_view text) {
    Tokens tokens(text);
    std::set<std::string_view> read, written;
    std::vector<std::string_view> kept;
    while (tokens.now().kind != Token::Kind::end) {
      if (tokens.now().kind == Token::Kind::end_of_line) {
        tokens.take();
        continue;
      }
      const Token target = tokens.take();
      for (; tokens.now().kind != Token::Kind::end && tokens.now().kind != Token::Kind::end_of_line;
           tokens.take())
        if (tokens.now().kind == Token::Kind::name && !written.contains(tokens.now().text))
          read.insert(tokens.now().text);
      if (target.kind == Token::Kind::name && written.insert(target.text).second &&
          read.contains(target.text))
        kept.push_back(target.text);
    }
    for (const std::string_view name : kept) {
      named_[std::string(name)] = {false, code_.values};
      code_.kept.push_back({std::string(name), code_.values++, 0});
    }
  }

  void line() {
    const Token target = tokens_.now();
    if (target.kind != Token::Kind::name) tokens_.fail("expected NAME = EXPRESSION" + tokens_.found());
    tokens_.take();
    const std::string name(target.text);
    if (name == "g" || name == "x" || name == "t" || fields_.contains(name))
      tokens_.fail(target.text, "'" + name + "' is given, and cannot be written");
    tokens_.expect("=");
    named_[name] = comparison();
    if (tokens_.now().kind != Token::Kind::end && tokens_.now().kind != Token::Kind::end_of_line)
      tokens_.fail("expected an operator or the end of the line" + tokens_.found());
  }

  Value comparison() {
    Value left = expression();
    if (tokens_.take("<")) return binary(Op::less, std::nullopt, left, expression());
    if (tokens_.take(">")) {
      const Value right = expression();
      return binary(Op::less, std::nullopt, right, left);
    }
    return left;
  }

  Value expression() {
    Value left = term();
    while (true) {
      if (tokens_.take("+"))
        left = binary(Op::add, Sum::Op::add, left, term());
      else if (tokens_.take("-"))
        left = binary(Op::subtract, Sum::Op::subtract, left, term());
      else
        return left;
    }
  }

  Value term() {
    Value left = factor();
    while (true) {
      if (tokens_.take("*"))
        left = binary(Op::multiply, Sum::Op::multiply, left, factor());
      else if (tokens_.take("/"))
        left = binary(Op::divide, Sum::Op::divide, left, factor());
      else
        return left;
    }
  }

  Value factor() {
    if (tokens_.take("-")) return unary(Op::negate, Sum::Op::negate, factor());
    const Token begin = tokens_.now();
    const Value base = primary();
    return tokens_.take("**") ? power(begin, base) : base;
  }

  Value power(const Token& begin, Value base) {
    const Token exponent = tokens_.take();
    if (exponent.kind == Token::Kind::name && exponent.text == "t") {
      const auto field = fields_.find(std::string(begin.text));
      if (field == fields_.end()) tokens_.fail(begin.text, "expected a field before '** t'");
      return power_with_steps(field->second);
    }
    int times = 0;
    const char* const end = exponent.text.data() + exponent.text.size();
    const auto [stop, error] = std::from_chars(exponent.text.data(), end, times);
    if (exponent.kind != Token::Kind::number || error != std::errc{} || stop != end || times < 1 || times > 8)
      tokens_.fail(exponent.text, "expected t, or a whole number from 1 to 8, after '**'");
    Value product = base;
    for (int i = 1; i < times; ++i) product = binary(Op::multiply, Sum::Op::multiply, product, base);
    return product;
  }

  Value power_with_steps(std::size_t field) {
    const auto known = std::find(code_.products.begin(), code_.products.end(), field);
    const auto number = static_cast<std::size_t>(known - code_.products.begin());
    if (known == code_.products.end()) code_.products.push_back(field);
    return sum({Sum::Op::product, number});
  }

  Value primary() {
    if (++depth_ > kDeepest)
      tokens_.fail("more than " + std::to_string(kDeepest) + " parentheses in each other");
    const Token token = tokens_.take();
    Value value;
    if (token.kind == Token::Kind::number) {
      double number = 0;
      std::from_chars(token.text.data(), token.text.data() + token.text.size(), number);
      value = sum({Sum::Op::constant, 0, 0, number});
    } else if (token.kind == Token::Kind::sign && token.text == "(") {
      value = comparison();
      tokens_.expect(")");
    } else if (token.kind == Token::Kind::name) {
      value = tokens_.take("(") ? call(token) : name(token);
    } else {
      tokens_.fail(token.text, "expected a number, a name or '('");
    }
    --depth_;
    return value;
  }

  Value name(const Token& token) {
    const std::string text(token.text);
    if (text == "t") return sum({Sum::Op::steps});
    if (const auto field = fields_.find(text); field != fields_.end())
      return sum({Sum::Op::field, field->second});
    if (const auto known = named_.find(text); known != named_.end()) return known->second;
    std::vector<std::string> names = code_.fields;
    for (const auto& [its, value] : named_) names.push_back(its);
    tokens_.fail(token.text, "there is no '" + text + "'; " + suggestion(text, names));
  }

  Value call(const Token& function) {
    std::vector<Value> given{comparison()};
    while (tokens_.take(",")) given.push_back(comparison());
    tokens_.expect(")");
    const std::string_view f = function.text;
    const auto takes = [&](std::size_t count) {
      if (given.size() != count)
        tokens_.fail(f, std::string(f) + "() takes " + std::to_string(count) + " arguments, not " +
                            std::to_string(given.size()));
    };
    if (f == "sqrt") return takes(1), unary(Op::root, Sum::Op::root, given[0]);
    if (f == "abs") return takes(1), unary(Op::magnitude, Sum::Op::magnitude, given[0]);
    if (f == "sign") return takes(1), unary(Op::sign, std::nullopt, given[0]);
    if (f == "min") return takes(2), binary(Op::least, std::nullopt, given[0], given[1]);
    if (f == "max") return takes(2), binary(Op::most, std::nullopt, given[0], given[1]);
    if (f == "where")
      return takes(3),
             emit({Op::choose, of_elements(given[0]), of_elements(given[1]), of_elements(given[2]), {}, 0});
    if (f == "ema") return takes(3), average(function, given);
    tokens_.fail(f, "there is no function '" + std::string(f) + "'; " +
                        suggestion(f, {"sqrt", "abs", "sign", "min", "max", "where", "ema"}));
  }

  Value average(const Token& function, const std::vector<Value>& given) {
    if (!given[0].coefficient) tokens_.fail(function.text, "ema() takes a number first: a field, say");
    const Value one = sum({Sum::Op::constant, 0, 0, 1});
    const Value take = sum({Sum::Op::subtract, one.number, given[0].number});
    return emit({Op::average, given[0], take, of_elements(given[1]), of_elements(given[2]), 0});
  }

  Value unary(Op op, std::optional<Sum::Op> of_numbers, Value a) {
    if (a.coefficient && of_numbers) return sum({*of_numbers, a.number});
    return emit({op, of_elements(a), {}, {}, {}, 0});
  }

  Value binary(Op op, std::optional<Sum::Op> of_numbers, Value a, Value b) {
    if (a.coefficient && b.coefficient) {
      if (of_numbers) return sum({*of_numbers, a.number, b.number});
      a = of_elements(a);
    }
    return emit({op, a, b, {}, {}, 0});
  }

  Value sum(Sum sum) {
    code_.sums.push_back(sum);
    return {true, code_.sums.size() - 1};
  }
  Value emit(Line line) {
    line.result = code_.values++;
    code_.lines.push_back(line);
    return {false, line.result};
  }
  Value of_elements(Value value) {
    return value.coefficient ? emit({Op::fill, value, {}, {}, {}, 0}) : value;
  }
  std::size_t elements(Value value) { return of_elements(value).number; }

  Tokens tokens_;
  Code code_;
  std::map<std::string, Value> named_;
  std::map<std::string, std::size_t> fields_;
  int depth_ = 0;
};

}  // namespace

Code parse(std::string_view text, const std::vector<std::string>& fields) {
  if (text.size() > kLongest)
    throw Error("formula: it has " + std::to_string(text.size()) + " characters; there may be " +
                std::to_string(kLongest));
  return Parser(text, fields).run();
}

}  // namespace gradus::formula
