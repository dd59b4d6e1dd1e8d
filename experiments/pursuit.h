/// @file
/// All of pursuit's library but the shorthand for parameter tables (market/base/param_rows.h),
/// which is for files that hold one. Installed as <pursuit/pursuit.h>; examples/ begins with it.
#ifndef PURSUIT_EXPERIMENTS_PURSUIT_H
#define PURSUIT_EXPERIMENTS_PURSUIT_H

#include "agents/agent.h"
#include "data/csv/read.h"
#include "data/hdf5/value_type.h"
#include "data/results/read.h"
#include "data/results/results.h"
#include "experiments/engine/run.h"
#include "experiments/scenario/problems.h"
#include "experiments/scenario/scenario.h"
#include "experiments/scenario/schema.h"
#include "experiments/scenario/starter.h"
#include "experiments/setup/experiment.h"
#include "experiments/stats/stats.h"
#include "market/accounts.h"
#include "market/base/error.h"
#include "market/base/param.h"
#include "market/base/stop.h"
#include "market/breakdown.h"
#include "market/choice.h"
#include "market/config.h"
#include "market/customers.h"
#include "market/distribution.h"
#include "market/population/population.h"
#include "market/prices.h"
#include "market/random.h"
#include "market/schema.h"
#include "pricing/config.h"
#include "pricing/conversion.h"
#include "pricing/history.h"
#include "pricing/pipeline.h"
#include "pricing/portfolio.h"

#endif
