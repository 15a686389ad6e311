# Writes the aSAH table that R's pROC brings (subarachnoid haemorrhage: 113 patients, 41 with a poor
# outcome), and what pROC makes of three of its markers by DeLong's method.
#
# usage: Rscript stats_proc.R FOLDER
#
# FOLDER/table.csv holds `label` and the markers; FOLDER/expected.csv a number a line: `pair,name,value`.
suppressMessages(library(pROC))
folder <- commandArgs(trailingOnly = TRUE)[1]
data(aSAH)
markers <- list(s100b = aSAH$s100b, wfns = as.numeric(aSAH$wfns), ndka = aSAH$ndka)
label <- as.integer(aSAH$outcome == "Poor")
write.csv(data.frame(label = label, markers), file.path(folder, "table.csv"), row.names = FALSE, quote = FALSE)

curves <- lapply(markers, function(marker) roc(label, marker, levels = c(0, 1), direction = "<"))
lines <- "pair,name,value"
say <- function(pair, name, value) {
  lines <<- c(lines, paste(pair, name, format(as.numeric(value), digits = 17), sep = ","))
}
for (pair in list(c("s100b", "wfns"), c("s100b", "ndka"), c("wfns", "ndka"))) {
  key <- paste(pair, collapse = " ")
  one <- curves[[pair[1]]]
  other <- curves[[pair[2]]]
  for (side in list(list("challenger", one), list("champion", other))) {
    interval <- ci.auc(side[[2]], method = "delong")
    say(key, paste(side[[1]], "auc"), auc(side[[2]]))
    say(key, paste(side[[1]], "variance"), var(side[[2]], method = "delong"))
    say(key, paste(side[[1]], "lower"), interval[1])
    say(key, paste(side[[1]], "upper"), interval[3])
  }
  test <- roc.test(one, other, method = "delong", paired = TRUE)
  say(key, "covariance", cov(one, other, method = "delong"))
  say(key, "z", test$statistic)
  say(key, "p", test$p.value)
  say(key, "lower", test$conf.int[1])
  say(key, "upper", test$conf.int[2])
}
writeLines(lines, file.path(folder, "expected.csv"))
