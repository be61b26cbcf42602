#include "lab/claims/page.hpp"

#include <algorithm>

#include "lab/claims/embedded.hpp"
#include "lab/claims/telling.hpp"
#include "lab/report/page.hpp"

namespace gradus::lab {
namespace {

using kainjow::mustache::data;

data with_figure(const ClaimResults& results) {
  const Plot& plot = results.evidence.plot;
  data item = claim_data(results);
  item.set("figures", figure_data({figure_of(find_claim(results.claim), plot)}, series_of(plot)));
  return item;
}

}  // namespace

std::string claims_page(std::span<const ClaimResults> results, std::string_view vega) {
  data page = page_data(vega);
  data items{data::type::list};
  for (const ClaimResults& each : results) items.push_back(with_figure(each));
  page.set("claims", items);
  page.set("quick", std::ranges::any_of(results, &ClaimResults::quick));
  set_ledger(page, results);
  return rendered(embedded_claims("claims.html.in"), page);
}

}  // namespace gradus::lab
