#include "formula/plan.hpp"

#include <algorithm>

namespace gradus::formula {

namespace {

constexpr std::size_t kNever = 0;

class Planner {
 public:
  explicit Planner(const Code& code) : code_(code), last_read_(code.values, kNever), places_(code.values) {}

  Plan run() {
    find_last_reads();
    places_[Code::kGradient] = {Place::Where::gradient, 0};
    places_[Code::kParameter] = {Place::Where::parameter, 0};
    for (std::size_t i = 0; i < code_.kept.size(); ++i)
      places_[code_.kept[i].before] = {Place::Where::slot, i};
    for (std::size_t i = 0; i < code_.lines.size(); ++i) add(code_.lines[i], i + 1);
    keep();
    plan_.direction = places_[code_.direction];
    return std::move(plan_);
  }

 private:
  /// Lines count from 1; what is read after all of them, from one more on.
  void find_last_reads() {
    const auto read = [&](const Operand& operand, std::size_t line) {
      if (!operand.coefficient) last_read_[operand.number] = std::max(last_read_[operand.number], line);
    };
    for (std::size_t i = 0; i < code_.lines.size(); ++i) {
      const Line& line = code_.lines[i];
      for (const Operand& operand : operands_of(line)) read(operand, i + 1);
    }
    last_read_[code_.direction] = code_.lines.size() + 1;
    for (const Kept& kept : code_.kept) last_read_[kept.after] = code_.lines.size() + 1;
  }

  static std::vector<Operand> operands_of(const Line& line) {
    switch (line.op) {
      case Op::choose:
        return {line.a, line.b, line.c};
      case Op::average:
        return {line.a, line.b, line.c, line.d};
      case Op::negate:
      case Op::root:
      case Op::magnitude:
      case Op::sign:
      case Op::fill:
        return {line.a};
      default:
        return {line.a, line.b};
    }
  }

  void add(const Line& line, std::size_t number) {
    Instruction instruction = with_operands(line);
    for (const Operand& operand : operands_of(line))
      if (!operand.coefficient && last_read_[operand.number] == number) release(places_[operand.number]);
    places_[line.result] = instruction.out = place_for(line.result, number);
    plan_.instructions.push_back(instruction);
    if (last_read_[line.result] == kNever) release(places_[line.result]);
  }

  /// A slot's new value goes where the slot is, unless the old one is still to be read.
  Place place_for(std::size_t value, std::size_t line) {
    for (std::size_t i = 0; i < code_.kept.size(); ++i)
      if (code_.kept[i].after == value && last_read_[code_.kept[i].before] <= line)
        return {Place::Where::slot, i};
    if (free_.empty()) return {Place::Where::scratch, plan_.scratch++};
    const std::size_t number = free_.back();
    free_.pop_back();
    return {Place::Where::scratch, number};
  }
  void release(Place place) {
    if (place.where == Place::Where::scratch &&
        std::find(free_.begin(), free_.end(), place.number) == free_.end())
      free_.push_back(place.number);
  }

  [[nodiscard]] Instruction with_operands(const Line& line) const {
    Instruction made{};
    if (line.op == Op::average) {
      made = {Kernel::average, {},           places_[line.c.number], places_[line.d.number], {},
              line.a.number,   line.b.number};
    } else if (line.op == Op::choose) {
      made = {Kernel::choose, {}, places_[line.a.number], places_[line.b.number], places_[line.c.number]};
    } else if (line.op == Op::fill) {
      made = {Kernel::fill, {}, {}, {}, {}, line.a.number};
    } else if (operands_of(line).size() == 1) {
      made = {kernel_of_one(line.op), {}, places_[line.a.number], {}, {}};
    } else if (line.b.coefficient) {
      made = {with_number(line.op), {}, places_[line.a.number], {}, {}, line.b.number};
    } else if (line.a.coefficient) {
      made = {of_number(line.op), {}, places_[line.b.number], {}, {}, line.a.number};
    } else {
      made = {kernel_of_two(line.op), {}, places_[line.a.number], places_[line.b.number], {}};
    }
    return made;
  }

  static Kernel kernel_of_one(Op op) {
    switch (op) {
      case Op::negate:
        return Kernel::negate;
      case Op::root:
        return Kernel::root;
      case Op::magnitude:
        return Kernel::magnitude;
      default:
        return Kernel::sign;
    }
  }
  static Kernel kernel_of_two(Op op) { return pick(op, 0); }
  static Kernel with_number(Op op) { return pick(op, 1); }
  static Kernel of_number(Op op) { return pick(op, 2); }

  /// Of two arrays, of an array and a number, of a number and an array.
  static Kernel pick(Op op, std::size_t form) {
    static constexpr Kernel kAdd[] = {Kernel::add, Kernel::add_number, Kernel::add_number};
    static constexpr Kernel kSubtract[] = {Kernel::subtract, Kernel::subtract_number,
                                           Kernel::subtract_from_number};
    static constexpr Kernel kMultiply[] = {Kernel::multiply, Kernel::multiply_number,
                                           Kernel::multiply_number};
    static constexpr Kernel kDivide[] = {Kernel::divide, Kernel::divide_by_number, Kernel::divide_number};
    static constexpr Kernel kLeast[] = {Kernel::least, Kernel::least_number, Kernel::least_of_number};
    static constexpr Kernel kMost[] = {Kernel::most, Kernel::most_number, Kernel::most_of_number};
    static constexpr Kernel kLess[] = {Kernel::less, Kernel::less_than_number, Kernel::number_less_than};
    switch (op) {
      case Op::add:
        return kAdd[form];
      case Op::subtract:
        return kSubtract[form];
      case Op::multiply:
        return kMultiply[form];
      case Op::divide:
        return kDivide[form];
      case Op::least:
        return kLeast[form];
      case Op::most:
        return kMost[form];
      default:
        return kLess[form];
    }
  }

  /// Copies what is kept and lies elsewhere; first all that would be overwritten by another copy.
  void keep() {
    std::vector<std::pair<Place, std::size_t>> late;
    for (std::size_t i = 0; i < code_.kept.size(); ++i) {
      const Place from = places_[code_.kept[i].after];
      if (from.where == Place::Where::slot && from.number == i) continue;
      const Place aside{Place::Where::scratch, plan_.scratch++};
      plan_.instructions.push_back({Kernel::copy, aside, from, {}, {}});
      late.emplace_back(aside, i);
    }
    if (places_[code_.direction].where == Place::Where::slot && !late.empty()) {
      const Place aside{Place::Where::scratch, plan_.scratch++};
      plan_.instructions.push_back({Kernel::copy, aside, places_[code_.direction], {}, {}});
      places_[code_.direction] = aside;
    }
    for (const auto& [from, slot] : late)
      plan_.instructions.push_back({Kernel::copy, {Place::Where::slot, slot}, from, {}, {}});
  }

  const Code& code_;
  std::vector<std::size_t> last_read_;  // line, by value
  std::vector<Place> places_;
  std::vector<std::size_t> free_;
  Plan plan_;
};

}  // namespace

Plan plan(const Code& code) { return Planner(code).run(); }

}  // namespace gradus::formula
