#!/usr/bin/env bash
# reach.sh CMAKE BUILD_DIR SCRATCH_DIR CC LIBDIR: an agent cannot name what it should not see. A program that reads what
# agents/agent.h shows compiles against the installed headers; each of many that reach further must not, and for
# that reason.
set -euo pipefail
cmake=$1 build=$2 scratch=$3 cc=$4 libdir=$5
rm -rf "$scratch"
mkdir -p "$scratch"
"$cmake" --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log"
export PKG_CONFIG_PATH=$scratch/prefix/$libdir/pkgconfig
read -ra flags < <(pkg-config --cflags pursuit)
passed=0
failed=0
fail() {
    failed=$((failed + 1))
    echo "FAILED: $1"
}

# compiles INCLUDE TRAIN BATCH QUOTE SEEING: an agent with these lines in its functions.
compiles() {
    cat >"$scratch/agent.c" <<C
#include <pursuit/agents/agent.h>
#include <pursuit/market/customers.h> // the type may be known; no pointer to one may reach an agent
$1

pp_status train(void *state, const void *params, const pp_agent_setup *setup, pp_error *error)
{
    double seen = setup->burn_in_average[0] + setup->portfolio->target[0] + (double)setup->rounds +
                  setup->history->unit[0] + setup->history->multiplier[0] +
                  setup->history->rivals[0][0] + setup->history->rank[0] +
                  (double)pp_pipeline_curve_size(setup->pipeline) + setup->schema->n_columns;
    (void)state, (void)params, (void)error;
    $2
    return seen > 0 ? PP_OK : PP_ENUMERIC;
}

void quote_batch(const void *state, const pp_agent_batch *batch, double *multiplier)
{
    (void)state;
    for (size_t i = 0; i < batch->n; i++)
        multiplier[i] = batch->null_bid[i] + batch->features[0][i] + batch->unit[i] +
                        (double)batch->categories[i] +
                        pp_curve_probability(batch->curves, i, 1);
    $3
}

double quote(void *state, const pp_agent_quote *quote, const double *held)
{
    double seen = quote->unit + quote->features[0] + quote->null_bid + held[0] +
                  pp_curve_bid(&quote->curve, 0, 1) + (double)quote->categories + quote->prepared[0];
    (void)state;
    $4
    return seen;
}

double quote_seeing(void *state, const pp_agent_quote *q, const double *held,
                    const pp_oracle_view *view)
{
    (void)state, (void)held, (void)view;
    $5
    return q->null_bid;
}
C
    "$cc" -std=c17 -Wall -Wextra -Werror -fsyntax-only "${flags[@]}" "$scratch/agent.c" 2>"$scratch/err.txt"
}

# refused WHAT REASON WHERE LINE: with that line it does not compile, for that reason and on that line's account.
refused() {
    local what=$1 reason=$2 where=$3 line=$4 lines=("" "" "" "" "")
    lines[where]=$line
    if compiles "${lines[@]}"; then
        fail "$what: '$line' compiles"
    elif ! grep -Eq -- "error: .*($reason)" "$scratch/err.txt"; then
        fail "$what: '$line' does not compile for another reason: $(cat "$scratch/err.txt")"
    else
        passed=$((passed + 1))
    fi
}
include=0 train=1 batch=2 quote=3 seeing=4

compiles "" "" "" "" "" || { echo "the control does not compile: $(cat "$scratch/err.txt")"; exit 1; }
# A line in each place may be there at all.
compiles "#include <pursuit/market/choice.h>" "(void)setup->stream;" "(void)batch->first_round;" "(void)quote->round;" "(void)q->round;" ||
    { echo "the control with a line in each place does not compile: $(cat "$scratch/err.txt")"; exit 1; }

member='no member named|has no member'
latents='pure_premium sensitivity walk_away walk_away_scale loyal_firm loyalty choice_uniform'
for name in $latents customers customer population offers offer rivals price prices top estimates insurer base index; do
    refused "a quote's $name" "$member" $quote "(void)quote->$name;"
    refused "a block's $name" "$member" $batch "(void)batch->$name;"
    refused "a setup's $name" "$member" $train "(void)setup->$name;"
done
for name in $latents customers; do
    refused "a history's $name" "$member" $train "(void)setup->history->$name;"
    refused "a schema's $name" "$member" $train "(void)setup->schema->$name;"
    refused "a portfolio's $name" "$member" $train "(void)setup->portfolio->$name;"
    refused "a curve's $name" "$member" $quote "(void)quote->curve.$name;"
done
for name in experiment workspace market scenario histories accounts firms; do
    refused "a setup's $name" "$member" $train "(void)setup->$name;"
    refused "a quote's $name" "$member" $quote "(void)quote->$name;"
done

# Types that are names only.
incomplete='incomplete|undefined type|invalid use of'
refused 'the oracle'\''s view' "$incomplete" $seeing "(void)*view;"
refused 'the size of the oracle'\''s view' "$incomplete" $seeing "(void)sizeof(pp_oracle_view);"
refused 'an oracle'\''s view of one'\''s own' "$incomplete|storage size" $quote "pp_oracle_view view;"
for name in pure_premium offers rivals customers; do
    refused "the view's $name" "$incomplete" $seeing "(void)view->$name;"
    refused "a pipeline's $name" "$incomplete" $train "(void)setup->pipeline->$name;"
    refused "a curve's pipeline's $name" "$incomplete" $quote "(void)quote->curve.pipeline->$name;"
done
refused 'the size of a pipeline' "$incomplete" $train "(void)sizeof(pp_pipeline);"
refused 'the size of all histories' "$incomplete" $train "(void)sizeof(pp_histories);"

# What the program keeps to itself is in no installed header.
absent='No such file|file not found'
for header in agents/oracle.h agents/planning/pursuer.h experiments/engine/workspace.h experiments/setup/parts.h \
    experiments/setup/quote_columns.h pricing/rival_model.h; do
    refused "$header" "$absent" $include "#include <pursuit/$header>"
    refused "$header" "$absent" $include "#include \"$header\""
done
refused 'a workspace' "undeclared|unknown type|undeclared identifier" $train "pp_workspace *workspace = 0; (void)workspace;"
refused 'customers from a pipeline' "implicit" $train "(void)pp_pipeline_customers(setup->pipeline);"
refused 'a pipeline as customers' "incompatible[- ]pointer|pointer types" $train \
    "const pp_customers *customers = setup->pipeline; (void)customers;"
refused 'a quote as customers' "incompatible[- ]pointer|pointer types" $quote "const pp_customers *customers = quote; (void)customers;"

echo "$passed refused as they should be, $failed not"
[ "$failed" -eq 0 ] && [ "$passed" -ge 90 ]
