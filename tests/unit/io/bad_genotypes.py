"""Broken files of genotypes, each with the messages a person gets.

Every case changes one of the files of :data:`GOOD`: the text to replace, what stands there
instead, and all the messages that follow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

GOOD = {
    "chip.csv": "id,m1,m2,m3\na1,0,1,2\na2,NA,0,2\na3,1,1,0\n",
    "markers.csv": "marker,a1,a2,a3\nm1,0,NA,1\nm2,1,0,1\n",
    "chip.vcf": "##fileformat=VCFv4.2\n##source=test\n"
                "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta1\ta2\n"
                "1\t10\tm1\tA\tG\t.\t.\t.\tGT\t0/0\t0/1\n"
                "1\t20\tm2\tC\tT\t.\t.\t.\tGT:DS\t1|1:1.9\t./.:.\n",
    "snp.txt": "a1  0125\na2  2210\na3  0000\n",
    "chip.hmp.txt": "rs#\talleles\tchrom\tpos\tstrand\tassembly#\tcenter\tprotLSID\tassayLSID\t"
                    "panelLSID\tQCcode\ta1\ta2\n"
                    "m1\tA/G\t1\t10\t+\tNA\tNA\tNA\tNA\tNA\tNA\tAA\tAG\n"
                    "m2\tC/T\t1\t20\t+\tNA\tNA\tNA\tNA\tNA\tNA\tCT\tNN\n",
    "chip.fam": "f a1 0 0 0 -9\nf a2 0 0 0 -9\nf a3 0 0 0 -9\n",
    "chip.bim": "1 m1 0 10 A G\n1 m2 0 20 C T\n",
    "chip.bed": "l\x1b\x01\x3b\x0e",
    "chip.map": "marker,chromosome,position\nm1,1,10\nm2,1,20\nm3,X,5\n".replace(",", " "),
    "xref.txt": "11 a1\n12 a2\n13 a3\n",
}


@dataclass(frozen=True)
class Case:
    """One broken file."""

    name: str
    file: str
    old: str
    new: str
    messages: tuple[str, ...]
    read: str = ""
    said: dict[str, object] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        """All files, the broken one among them."""
        assert self.old in GOOD[self.file] or self.old == "*"
        text = self.new if self.old == "*" else GOOD[self.file].replace(self.old, self.new)
        return {name: (text if name == self.file else good).encode("latin-1")
                for name, good in GOOD.items()}


def _case(name: str, file: str, old: str, new: str, *messages: str, read: str = "",
          **said: object) -> Case:
    return Case(name, file, old, new, messages, read or file, said)


CASES = (
    _case("an individual twice", "chip.csv", "a3,1", "a1,1",
          "chip.csv:4: individual 'a1' is there again (first in line 2). Expected every "
          "individual once. Remove or rename one of them."),
    _case("a marker twice", "chip.csv", "m2,m3", "m1,m1",
          "chip.csv:1, column 3: marker 'm1' is there again (first in column 2). Expected every "
          "marker once. Remove or rename one of them.",
          "chip.csv:1, column 4: marker 'm1' is there again (first in column 2). Expected every "
          "marker once. Remove or rename one of them."),
    _case("an individual without a name", "chip.csv", "a2,NA", ",NA",
          "chip.csv:3: an individual has no name. Expected a name. Name it, or remove it."),
    _case("a marker without a name", "chip.csv", "m2,m3", "m2,",
          "chip.csv:1, column 4: a marker has no name. Expected a name. Name it, or remove it."),
    _case("a short row", "chip.csv", "a2,NA,0,2", "a2,NA,0",
          "chip.csv:3: the line has 3 cells. Expected 4, as in the header. Write an empty cell "
          "(or NA) where a call is missing."),
    _case("a long row", "chip.csv", "a2,NA,0,2", "a2,NA,0,2,1",
          "chip.csv:3: the line has 5 cells. Expected 4, as in the header. Remove the extra "
          "cells."),
    _case("three copies", "chip.csv", "a1,0,1,2", "a1,0,3,2",
          "chip.csv:2: '3' is no genotype (m2). Expected copies of an allele, from 0 to 2. Add "
          "'3' to 'genotypes: missing' if it means missing; say 'ploidy' if there are more than "
          "2 sets of chromosomes."),
    _case("letters in a table", "chip.csv", "a1,0,1,2", "a1,AA,A/G,2",
          "chip.csv:2: 'AA' is no genotype (m1). Expected copies of an allele, from 0 to 2. "
          "Letters are read from HapMap, VCF or PLINK files: say so with 'format'.",
          "chip.csv:2: 'A/G' is no genotype (m2). Expected copies of an allele, from 0 to 2. "
          "Letters are read from HapMap, VCF or PLINK files: say so with 'format'."),
    _case("a code for missing", "chip.csv", "a1,0,1,2", "a1,-9,1,9",
          "chip.csv:2: '-9' is no genotype (m1). Expected copies of an allele, from 0 to 2. "
          "Correct it, or add '-9' to 'genotypes: missing' if it means missing.",
          "chip.csv:2: '9' is no genotype (m3). Expected copies of an allele, from 0 to 2. Add "
          "'9' to 'genotypes: missing' if it means missing; say 'ploidy' if there are more than "
          "2 sets of chromosomes."),
    _case("a dosage beyond the ploidy", "chip.csv", "a1,0,1,2", "a1,0.5,1,2.1",
          "chip.csv:2: '2.1' is no genotype (m3). Expected copies of an allele, from 0 to 2. "
          "Correct it, or add '2.1' to 'genotypes: missing' if it means missing."),
    _case("no name of the first column", "chip.csv", "id,m1", "m1",
          "chip.csv:1: the header has 3 names and the first row 4 cells. Expected as many names "
          "as cells. Give the first column a name, such as 'id'."),
    _case("only a header", "chip.csv", "*", "id,m1,m2\n",
          "chip.csv: there are no genotypes. Expected one line a row after the header. Check "
          "that the export was finished."),
    _case("an empty file", "chip.csv", "*", "",
          "chip.csv: there are no genotypes. Expected a header line and one line a row. Check "
          "that the export was finished."),
    _case("one column", "chip.csv", "*", "id\na1\na2\n",
          "chip.csv:1: the header is one cell. Expected one for every column, the names of the "
          "rows first. Check the delimiter, or say with 'format' what the file is."),
    _case("no UTF-8", "chip.csv", "a2,NA", "caf\xe9,NA",
          "chip.csv:3: a character is not UTF-8 (in Latin-1 it would be 'é'). Expected UTF-8 "
          "text. Save the file again as UTF-8."),
    _case("a workbook", "chip.csv", "*", "PK\x03\x04xyz",
          "chip.csv: the file is a workbook or a zip archive. Expected text. Save it as text."),
    _case("a binary file", "chip.csv", "*", "ab\0c\n",
          "chip.csv: the file is binary. Expected text. Say what it is with 'format', or rename "
          "it so that its ending does."),
    _case("five copies of four", "chip.csv", "a1,0,1,2", "a1,5,4,2",
          "chip.csv:2: '5' is no genotype (m1). Expected copies of an allele, from 0 to 4. Add "
          "'5' to 'genotypes: missing' if it means missing; say 'ploidy' if there are more than "
          "4 sets of chromosomes.",
          ploidy=4),
    _case("the layout the other way round", "markers.csv", "m2,1", "m1,1",
          "markers.csv:3: marker 'm1' is there again (first in line 2). Expected every marker "
          "once. Remove or rename one of them.",
          layout="markers"),
    _case("no VCF", "chip.vcf", "##fileformat=VCFv4.2\n", "",
          "chip.vcf:1: the file does not begin as VCF. Expected '##fileformat=VCFv4…'. Say with "
          "'format' what it is."),
    _case("VCF without a header", "chip.vcf", "#CHROM", "CHROM",
          "chip.vcf:3: the line that names the columns is not there. Expected '#CHROM' and the "
          "other names before the first marker."),
    _case("VCF without samples", "chip.vcf", "FORMAT\ta1\ta2", "FORMAT",
          "chip.vcf:3: the header has 9 columns and no individuals. Expected #CHROM, POS, ID, "
          "REF, ALT, QUAL, FILTER, INFO, FORMAT and the individuals, parted by tabs."),
    _case("VCF without sites", "chip.vcf", "*", GOOD["chip.vcf"][:GOOD["chip.vcf"].index("1\t10")],
          "chip.vcf: there are no genotypes. Expected one line a marker after the line '#CHROM'. "
          "Check that the export was finished."),
    _case("a short line of VCF", "chip.vcf", "\t0/0\t0/1", "\t0/0",
          "chip.vcf:4: the line has 10 columns. Expected 11, as in the header. Write it again; "
          "the file may be cut off."),
    _case("an allele that is not there", "chip.vcf", "0/0\t0/1", "0/2\t0/x",
          "chip.vcf:4: '0/2' is no genotype (a1). Expected alleles 0 and 1 or '.', or a dosage "
          "from 0 to 2. Correct it, or write '.' where the call is missing.",
          "chip.vcf:4: '0/x' is no genotype (a2). Expected alleles 0 and 1 or '.', or a dosage "
          "from 0 to 2. Correct it, or write '.' where the call is missing."),
    _case("haploid calls", "chip.vcf", "0/0\t0/1", "0\t0/0/1",
          "chip.vcf:4: '0' of 'a1' has 1 allele(s). Expected 2, as 'ploidy' says, of everybody. "
          "Leave the chromosome out with 'exclude_chromosomes', or correct 'ploidy'.",
          "chip.vcf:4: '0/0/1' of 'a2' has 3 allele(s). Expected 2, as 'ploidy' says, of "
          "everybody. Leave the chromosome out with 'exclude_chromosomes', or correct 'ploidy'."),
    _case("VCF without genotypes", "chip.vcf", "\tGT\t0/0\t0/1", "\tDP\t3\t4",
          "chip.vcf:4: FORMAT is 'DP'. Expected GT first, or DS. Export genotypes or dosages."),
    _case("a dosage of VCF beyond two", "chip.vcf", "1|1:1.9", "1|1:2.9",
          "chip.vcf:5: '1|1:2.9' is no genotype (a1). Expected alleles 0 and 1 or '.', or a "
          "dosage from 0 to 2. Correct it, or write '.' where the call is missing."),
    _case("a position of VCF", "chip.vcf", "1\t10", "1\tten",
          "chip.vcf:4: the position 'ten' is no number. Expected base pairs."),
    _case("a sample of VCF twice", "chip.vcf", "a1\ta2", "a1\ta1",
          "chip.vcf:3, column 11: individual 'a1' is there again (first in column 10). Expected "
          "every individual once. Remove or rename one of them."),
    _case("a site of VCF twice", "chip.vcf", "m2", "m1",
          "chip.vcf:5: marker 'm1' is there again (first in line 4). Expected every marker once. "
          "Remove or rename one of them."),
    _case("a wrong digit", "snp.txt", "0125", "0123",
          "snp.txt:1: '3' is no genotype (marker 4). Expected 0, 1 or 2, or 5 where it is "
          "missing. Correct it."),
    _case("lines of different length", "snp.txt", "2210", "221",
          "snp.txt:2: the line has 3 genotypes. Expected 4, as in the first line. It may be cut "
          "off: write it again."),
    _case("genotypes parted by blanks", "snp.txt", "2210", "2 2 1 0",
          "snp.txt:2: the genotypes are parted by blanks. Expected a name, blanks, and all "
          "genotypes in one piece. Say 'format: table' for a table parted by blanks."),
    _case("a name alone", "snp.txt", "a2  2210", "a2",
          "snp.txt:2: there is one word only. Expected a name and its genotypes."),
    _case("an individual of BLUPF90 twice", "snp.txt", "a3", "a2",
          "snp.txt:3: individual 'a2' is there again (first in line 2). Expected every "
          "individual once. Remove or rename one of them."),
    _case("a wrong allele", "chip.hmp.txt", "AA\tAG", "AC\tTT",
          "chip.hmp.txt:2: 'AC' of 'a1' is not of the alleles A/G. Expected these, or N where "
          "the call is missing. Correct the call, or the column 'alleles'.",
          "chip.hmp.txt:2: 'TT' of 'a2' is not of the alleles A/G. Expected these, or N where "
          "the call is missing. Correct the call, or the column 'alleles'."),
    _case("calls of different length", "chip.hmp.txt", "AA\tAG", "AA\tA",
          "chip.hmp.txt:2: 'A' (a2) has another length than the calls before it. Expected one "
          "letter a call, or two, all through the line. Write N (or NN) where a call is missing."),
    _case("a HapMap header", "chip.hmp.txt", "rs#", "name",
          "chip.hmp.txt:1: the header has 13 columns and begins with 'name'. Expected 'rs#', ten "
          "columns more and the individuals, parted by tabs. Say with 'format' what the file is."),
    _case("long alleles", "chip.hmp.txt", "A/G", "AT/G",
          "chip.hmp.txt:2: the alleles are 'AT/G'. Expected two letters such as 'A/G'. Write "
          "insertions and deletions as '+/-'."),
    _case("a short line of HapMap", "chip.hmp.txt", "AA\tAG", "AA",
          "chip.hmp.txt:2: the line has 12 columns. Expected 13, as in the header. Write it "
          "again; the file may be cut off."),
    _case("a truncated .bed", "chip.bed", "\x0e", "",
          "chip.bed: it holds 4 bytes. Expected 5 for 3 individuals (.fam) and 2 markers (.bim). "
          "Copy the three files again: they do not belong together, or one is cut off."),
    _case("no .bed", "chip.bed", "l\x1b", "xx",
          "chip.bed: it does not begin as a .bed file whose calls stand marker after marker. "
          "Expected the bytes 6c 1b 01. Write it again with PLINK 1.9 or 2 (--make-bed)."),
    _case("an old .bed", "chip.bed", "\x1b\x01", "\x1b\x00",
          "chip.bed: its calls stand individual after individual, as very old files have them. "
          "Expected marker after marker. Write it again with PLINK 1.9 or 2 (--make-bed)."),
    _case("columns of .fam", "chip.fam", "*", "a1\na2\na3\n",
          "chip.fam: the number of columns is 1. Expected 6. Write it again with PLINK.",
          read="chip.bed"),
    _case("individuals of .fam twice", "chip.fam", "f a3", "g a1",
          "chip.fam:3: individual 'a1' is there again (first in line 1). Expected every "
          "individual once. Remove or rename one of them.",
          read="chip.bed"),
    _case("markers of .bim twice", "chip.bim", "m2", "m1",
          "chip.bim:2: marker 'm1' is there again (first in line 1). Expected every marker once. "
          "Remove or rename one of them.",
          read="chip.bed"),
    _case("a position of .bim", "chip.bim", "20", "x20",
          "chip.bim:2: the position 'x20' is no number. Expected base pairs, or 0 where unknown.",
          read="chip.bed"),
    _case("a map of another chip", "chip.map", "*", "snp chr pos\ns1 1 10\ns2 1 20\n",
          "chip.map: none of the 3 markers of chip.csv is in it (such as 'm1'). Expected the "
          "same names. Give the map of this chip.",
          read="chip.csv"),
    _case("a map without names", "chip.map", "marker", "Index",
          "chip.map: the columns are Index, chromosome, position. Expected a header line such as "
          "marker, chromosome, position. Rename them.",
          read="chip.csv"),
    _case("a marker of the map twice", "chip.map", "m3 X", "m2 X",
          "chip.map:4: marker 'm2' is there again (first in line 3). Expected every marker once. "
          "Remove or rename one of them.",
          read="chip.csv"),
    _case("a map that is too short", "chip.map", "m3 X 5\n", "",
          "chip.map: there are 2 markers. Expected 4, as in snp.txt. Give the map of this chip.",
          read="snp.txt"),
    _case("names the wrong way round", "xref.txt", "*", "a1 11\na2 12\na3 13\n",
          "xref.txt: individual 'a1' of snp.txt is not in the second column. Expected every "
          "individual of the genotypes. The two columns are the wrong way round.",
          "xref.txt: individual 'a2' of snp.txt is not in the second column. Expected every "
          "individual of the genotypes. The two columns are the wrong way round.",
          "xref.txt: individual 'a3' of snp.txt is not in the second column. Expected every "
          "individual of the genotypes. The two columns are the wrong way round.",
          read="snp.txt"),
    _case("an individual without another name", "xref.txt", "13 a3\n", "",
          "xref.txt: individual 'a3' of snp.txt is not in the second column. Expected every "
          "individual of the genotypes. Add it.",
          read="snp.txt"),
    _case("two individuals with one name", "xref.txt", "13", "12",
          "xref.txt:3: individual '12' is there again (first in line 2). Expected every "
          "individual once. Remove or rename one of them.",
          read="snp.txt"),
    _case("three columns of names", "xref.txt", "*", "1 a1 x\n2 a2 x\n",
          "xref.txt: there are 3 columns. Expected two: the name in the pedigree, and the name "
          "in the file of genotypes. Remove the others.",
          read="snp.txt"),
)
