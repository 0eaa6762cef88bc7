"""The same genotypes written in every format that is read."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.io.genotype_text import BGZIP_END
from breedeval.io.plink import write_bed
from tests.unit.genotypes.made import genotypes_from

Copies = NDArray[np.int8]


def names(what: str, count: int) -> list[str]:
    """i1, i2, … or m1, m2, …."""
    return [f"{what}{k + 1}" for k in range(count)]


def cells(copies: Copies, missing: str) -> list[list[str]]:
    """Copies as text."""
    return [[missing if x < 0 else str(x) for x in row] for row in copies.tolist()]


def plink(copies: Copies, folder: Path) -> Path:
    write_bed(genotypes_from(copies), folder / "chip.bed")
    return folder / "chip.bed"


def csv(copies: Copies, folder: Path, missing: str = "NA", mark: str = ",") -> Path:
    m, n = copies.shape
    rows = [["id", *names("m", m)], *([name, *row] for name, row in zip(
        names("i", n), cells(copies.T, missing), strict=True))]
    path = folder / ("chip.tsv" if mark == "\t" else "chip.csv")
    path.write_text("\n".join(mark.join(row) for row in rows) + "\n")
    return path


def csv_with_empty_cells(copies: Copies, folder: Path) -> Path:
    return csv(copies, folder, "")


def csv_of_markers(copies: Copies, folder: Path) -> Path:
    m, n = copies.shape
    rows = [["marker", *names("i", n)], *([name, *row] for name, row in zip(
        names("m", m), cells(copies, "NA"), strict=True))]
    (folder / "markers.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    return folder / "markers.csv"


def csv_with_quotes(copies: Copies, folder: Path) -> Path:
    m, n = copies.shape
    rows = [["", *names("m", m)], *([name, *row] for name, row in zip(
        names("i", n), cells(copies.T, "NA"), strict=True))]
    text = "\r\n".join(";".join(f'"{cell}"' for cell in row) for row in rows)
    (folder / "quoted.csv").write_text("\ufeff" + text, encoding="utf-8", newline="")
    return folder / "quoted.csv"


def tsv(copies: Copies, folder: Path) -> Path:
    return csv(copies, folder, "-9", "\t")


def csv_gz(copies: Copies, folder: Path) -> Path:
    (folder / "chip.csv.gz").write_bytes(gzip.compress(csv(copies, folder).read_bytes()))
    return folder / "chip.csv.gz"


def parquet(copies: Copies, folder: Path) -> Path:
    m, n = copies.shape
    frame = pd.DataFrame({"id": names("i", n)} | {
        name: pd.array([None if x < 0 else x for x in row], "Int8")
        for name, row in zip(names("m", m), copies.tolist(), strict=True)})
    frame.to_parquet(folder / "chip.parquet", index=False)
    return folder / "chip.parquet"


def vcf(copies: Copies, folder: Path) -> Path:
    calls = {-1: "./.", 0: "0/0", 1: "1|0", 2: "1/1"}
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    lines = ["##fileformat=VCFv4.2", '##contig=<ID=1>',
             '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
             '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
             "\t".join([*head, *names("i", copies.shape[1])])]
    for k, row in enumerate(copies.tolist()):
        form, tail = ("GT:DP", ":7") if k % 2 else ("GT", "")
        lines.append("\t".join(["1", str(k + 1), f"m{k + 1}", "A", "G", ".", ".", ".", form,
                                *(calls[x] + tail for x in row)]))
    (folder / "chip.vcf").write_text("\n".join(lines) + "\n")
    return folder / "chip.vcf"


def vcf_bgzip(copies: Copies, folder: Path) -> Path:
    (folder / "chip.vcf.gz").write_bytes(bgzip(vcf(copies, folder).read_bytes()))
    return folder / "chip.vcf.gz"


def bgzip(data: bytes, size: int = 300) -> bytes:
    """Blocks as bgzip writes them (SAM/BAM specification, section 4.1)."""
    blocks = []
    for start in range(0, len(data), size):
        part = data[start:start + size]
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflate.compress(part) + deflate.flush()
        blocks.append(bytes.fromhex("1f8b08040000000000ff06004243 0200".replace(" ", ""))
                      + struct.pack("<H", len(packed) + 25) + packed
                      + struct.pack("<II", zlib.crc32(part), len(part)))
    return b"".join(blocks) + BGZIP_END


def vcf_of_dosages(copies: Copies, folder: Path) -> Path:
    text = vcf(np.full_like(copies, 1), folder).read_text().splitlines()
    head = [line for line in text if line.startswith("#")]
    lines = []
    for k, row in enumerate(copies.tolist()):
        lines.append("\t".join(["1", str(k + 1), f"m{k + 1}", "A", "G", ".", ".", ".", "GT:DS", *(
            "./.:." if x < 0 else f"0/1:{x}.0" for x in row)]))
    (folder / "dosages.vcf").write_text("\n".join(head + lines) + "\n")
    return folder / "dosages.vcf"


def hapmap(copies: Copies, folder: Path) -> Path:
    return _hapmap(copies, folder / "chip.hmp.txt", {-1: "NN", 0: "AA", 1: "AG", 2: "GG"})


def hapmap_of_one_letter(copies: Copies, folder: Path) -> Path:
    return _hapmap(copies, folder / "one.hmp.txt", {-1: "N", 0: "A", 1: "R", 2: "G"})


def _hapmap(copies: Copies, path: Path, calls: dict[int, str]) -> Path:
    head = ["rs#", "alleles", "chrom", "pos", "strand", "assembly#", "center", "protLSID",
            "assayLSID", "panelLSID", "QCcode"]
    lines = ["\t".join([*head, *names("i", copies.shape[1])])]
    for k, row in enumerate(copies.tolist()):
        lines.append("\t".join([f"m{k + 1}", "A/G", "1", str(k + 1), "+", *["NA"] * 6,
                                *(calls[x] for x in row)]))
    path.write_text("\n".join(lines) + "\n")
    return path


def blupf90(copies: Copies, folder: Path) -> Path:
    lines = [f"{name:<12}{''.join(row)}" for name, row in zip(
        names("i", copies.shape[1]), cells(copies.T, "5"), strict=True)]
    (folder / "snp.txt").write_text("\n".join(lines) + "\n")
    return folder / "snp.txt"


def blupf90_with_decimals(copies: Copies, folder: Path) -> Path:
    lines = [f"{name:<12}{''.join(cell + '.00' for cell in row)}" for name, row in zip(
        names("i", copies.shape[1]), cells(copies.T, "5"), strict=True)]
    (folder / "decimals.txt").write_text("\n".join(lines) + "\n")
    return folder / "decimals.txt"


WRITERS: dict[str, tuple[Callable[[Copies, Path], Path], dict[str, object]]] = {
    "plink": (plink, {}),
    "csv": (csv, {}),
    "csv with empty cells": (csv_with_empty_cells, {}),
    "csv of markers": (csv_of_markers, {"layout": "markers"}),
    "csv with quotes": (csv_with_quotes, {}),
    "csv.gz": (csv_gz, {}),
    "tsv": (tsv, {"missing": ("-9",)}),
    "parquet": (parquet, {}),
    "vcf": (vcf, {}),
    "vcf, bgzip": (vcf_bgzip, {}),
    "vcf, dosages": (vcf_of_dosages, {}),
    "hapmap": (hapmap, {}),
    "hapmap, one letter": (hapmap_of_one_letter, {}),
    "blupf90": (blupf90, {}),
    "blupf90, decimals": (blupf90_with_decimals, {}),
}
"""How each format is written, and what is said to read it."""
