#include "lab/tasks/language_model.hpp"

#include "lab/data/texts.hpp"
#include "lab/data/wordnet.hpp"

namespace gradus::lab {

std::unique_ptr<const Task> load_language_model(const TaskSource& source,
                                                NetMaker (*make)(std::int64_t tokens)) {
  Dataset data = load_windows(source.data.empty() ? kWordNet : source.data);
  NetMaker own = make(data.classes);
  return make_net_task(std::move(data), std::move(own), perplexity, source.model);
}

}  // namespace gradus::lab
