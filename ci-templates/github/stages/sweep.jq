# A row of the table of a sweep, of a training's run.json. Text of a configuration's path is no markup.
def text: tostring | gsub("[`|\r\n]"; " ");
def short: . * 10000 | round / 10000 | tostring;

.algorithm as $algorithm
| ([.inputs[] | select(.kind == "config") | .path][0]) as $config
| .cross_validation
| if . == null then error("no cross-validation") else . end
| "| `\($config | text)` | `\($algorithm | text)` | \(.metric | text) | \(.mean | short) | \(.sd | short) | \(.folds) |"
