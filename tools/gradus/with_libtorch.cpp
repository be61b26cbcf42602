#include "commands.hpp"

namespace gradus::tool {

void add_commands(CLI::App& app, Command& chosen) {
  add_race(app, chosen);
  add_tasks(app, chosen);
  add_claims(app, chosen);
  add_advise(app, chosen);
  add_sharpness(app, chosen);
}

}  // namespace gradus::tool
