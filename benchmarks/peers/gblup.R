# Rscript gblup.R PROGRAM FOLDER: heritability by rrBLUP, BGLR or sommer from FOLDER/chip.bed.
#
# The .bed file is read in blocks of markers (two bits a genotype, 00 two copies of the first
# allele, 10 one, 11 none), each standardised by its allele frequency, and G = Z'Z/m is summed up
# by R's BLAS: the matrix of GCTA. No genotype is missing here.

arguments <- commandArgs(trailingOnly = TRUE)
program <- arguments[1]
folder <- arguments[2]
people <- read.table(file.path(folder, "chip.fam"), colClasses = c(rep("character", 5), "numeric"))
n <- nrow(people)
y <- people[[6]]

relationship <- function(path, block = 2000) {
  bytes <- ceiling(n / 4)
  markers <- (file.size(path) - 3) / bytes
  copies <- outer(0:3, 0:255, function(place, byte) c(2, NA, 1, 0)[bitwAnd(
    bitwShiftR(byte, 2 * place), 3) + 1])
  input <- file(path, "rb")
  on.exit(close(input))
  readBin(input, "raw", 3)
  total <- matrix(0, n, n)
  for (first in seq(1, markers, block)) {
    some <- min(block, markers - first + 1)
    found <- readBin(input, "raw", bytes * some)
    x <- matrix(copies[, as.integer(found) + 1], 4 * bytes, some)[seq_len(n), , drop = FALSE]
    p <- colMeans(x) / 2
    z <- sweep(sweep(x, 2, 2 * p), 2, sqrt(2 * p * (1 - p)), "/")
    total <- total + tcrossprod(z)
  }
  dimnames(total) <- list(people[[2]], people[[2]])
  total / markers
}

k <- relationship(file.path(folder, "chip.bed"))
share <- if (program == "rrBLUP") {
  fitted <- rrBLUP::mixed.solve(y, K = k)
  fitted$Vu / (fitted$Vu + fitted$Ve)
} else if (program == "BGLR") {
  set.seed(1)
  setwd(tempdir())  # it writes its samples beside
  fitted <- BGLR::BGLR(y, ETA = list(list(K = k, model = "RKHS")), verbose = FALSE)
  fitted$ETA[[1]]$varU / (fitted$ETA[[1]]$varU + fitted$varE)
} else if (program == "sommer") {
  suppressPackageStartupMessages(library(sommer))
  data <- data.frame(y = y, id = factor(people[[2]], levels = people[[2]]))
  fitted <- mmes(y ~ 1, random = ~ vsm(ism(id), Gu = k), rcov = ~ units, data = data,
                 getPEV = FALSE, verbose = FALSE, dateWarning = FALSE)
  values <- sapply(fitted$theta, function(part) part[1, 1])
  values[[1]] / sum(values)
} else stop("unknown program ", program)
cat(sprintf("heritability %.6f\n", share))
