#!/usr/bin/env python3
"""Makes the files of the attacks, each of which table.tsv has a line for.

    make_attacks.py GEMML MOMENTS FOLDER STAMP

Tables are written as they are; models, moments and checkpoints are real ones, made
by the program GEMML (but MOMENTS is a file), then damaged and given a digest that fits:
what lies behind the digest is what is attacked. Nothing here depends on chance.
"""
import gzip
import json
import os
import shutil
import struct
import subprocess
import sys

MASK = (1 << 64) - 1
PRIMES = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261)


def rotate(x, bits):
    return (x << bits | x >> (64 - bits)) & MASK


def xxh64(data):
    """XXH64 with seed 0 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md)."""
    p1, p2, p3, p4, p5 = PRIMES
    at, end = 0, len(data)

    def turn(acc, lane):
        return rotate((acc + lane * p2) & MASK, 31) * p1 & MASK

    if end >= 32:
        accs = [(p1 + p2) & MASK, p2, 0, -p1 & MASK]
        while at + 32 <= end:
            accs = [turn(acc, lane) for acc, lane in zip(accs, struct.unpack_from("<4Q", data, at))]
            at += 32
        h = sum(rotate(acc, bits) for acc, bits in zip(accs, (1, 7, 12, 18))) & MASK
        for acc in accs:
            h = ((h ^ turn(0, acc)) * p1 + p4) & MASK
    else:
        h = p5
    h = (h + end) & MASK
    while at + 8 <= end:
        h = (rotate(h ^ turn(0, struct.unpack_from("<Q", data, at)[0]), 27) * p1 + p4) & MASK
        at += 8
    if at + 4 <= end:
        h = (rotate(h ^ struct.unpack_from("<I", data, at)[0] * p1 & MASK, 23) * p2 + p3) & MASK
        at += 4
    for byte in data[at:]:
        h = rotate(h ^ byte * p5 & MASK, 11) * p1 & MASK
    h = (h ^ h >> 33) * p2 & MASK
    h = (h ^ h >> 29) * p3 & MASK
    return h ^ h >> 32


class Container:
    """A safetensors file in parts: the header as JSON, the data without the digest."""

    def __init__(self, path):
        with open(path, "rb") as file:
            content = file.read()
        length = struct.unpack_from("<Q", content)[0]
        self.header = json.loads(content[8 : 8 + length])
        self.data = content[8 + length : -8]

    def copy(self):
        other = object.__new__(Container)
        other.header, other.data = json.loads(json.dumps(self.header)), self.data
        return other

    def set_data(self, tensor, values, code="d"):
        begin, _ = self.header[tensor]["data_offsets"]
        values = struct.pack("<%d%s" % (len(values), code), *values)
        self.data = self.data[:begin] + values + self.data[begin + len(values) :]

    def changed(self, tensor, values, code="d"):
        """The file with other numbers at the beginning of a tensor."""
        other = self.copy()
        other.set_data(tensor, values, code)
        return other.bytes()

    def string(self, key, value):
        """The file with another string of its metadata."""
        other = self.copy()
        other.header["__metadata__"][key] = value
        return other.bytes()

    def bytes(self):
        return pack(json.dumps(self.header, separators=(",", ":"), ensure_ascii=False).encode(), self.data)


def pack(header, data, length=None):
    """Length, header, data, and the digest of all that."""
    content = struct.pack("<Q", len(header) if length is None else length) + header + data
    return content + struct.pack("<Q", xxh64(content))


# ---- Tables --------------------------------------------------------------------


def npy(header, data=b"", version=(1, 0), length=None):
    header = header.encode("latin1") if isinstance(header, str) else header
    size = struct.pack("<H" if version[0] == 1 else "<I", len(header) if length is None else length)
    return b"\x93NUMPY" + bytes(version) + size + header + data


def npy_header(descr="'<f8'", order="False", shape="(2, 2)"):
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n" % (descr, order, shape)


def csv_attacks():
    rows = b"".join(b"%d,%d\n" % (i, 2 * i + i % 3) for i in range(9))
    good = b"a,y\n" + rows
    yield "empty.csv", b""
    yield "one_byte.csv", b"x"
    yield "blank.csv", b"\n \n\r\n\r"
    yield "only_bom.csv", b"\xef\xbb\xbf"
    yield "header_only.csv", b"a,y\n"
    yield "delimiters_only.csv", b",,,\n,,,\n"
    yield "open_quote.csv", b'a,y\n"1,2\n3,4\n'
    yield "open_quote_long.csv", b'a,y\n1,"' + b"z" * 1000000
    yield "after_quote.csv", b'a,y\n"1"x,2\n'
    yield "quotes.csv", b'"' * 100000
    yield "ragged_short.csv", b"a,b,y\n1,2,3\n4,5\n"
    yield "ragged_long.csv", b"a,y\n1,2\n3,4,5\n"
    yield "mixed_newlines.csv", b"a,y\r\n1,2\n3,5\r5,7\n\r7,8\r\n"
    yield "bom.csv", b"\xef\xbb\xbf" + good
    yield "two_boms.csv", b"\xef\xbb\xbf\xef\xbb\xbf" + good
    yield "utf16le.csv", b"\xff\xfe" + good.decode().encode("utf-16-le")
    yield "utf16be.csv", b"\xfe\xff" + good.decode().encode("utf-16-be")
    yield "utf32.csv", b"\xff\xfe\0\0" + good.decode().encode("utf-32-le")
    yield "utf16_no_bom.csv", good.decode().encode("utf-16-le")
    yield "nul_header.csv", b"a\0b,y\n" + rows
    yield "nul_number.csv", b"a,y\n1,2\n3\0,4\n"
    yield "nul_late.csv", good + rows * 1000 + b"1\0,2\n"
    yield "utf8_header.csv", b"\xc3\x28,y\n" + rows
    yield "utf8_level.csv", b"a,y\nu,1\nv\xff,2\nu,3\n"
    yield "utf8_overlong.csv", b"a,y\nu,1\n\xc0\xaf,2\nu,3\n"
    yield "utf8_surrogate.csv", b"a,y\nu,1\n\xed\xa0\x80,2\nu,3\n"
    yield "escapes.csv", b"\x1b[2J\x07,y\n" + rows + b"\x1b]0;x\x07,3\n"
    yield "escapes_ragged.csv", b"a,y\n\x1b[2J\x07,1,3\n"
    yield "long_field.csv", b"a,y\n" + b"u" * 1000000 + b",1\nv,2\nw,4\n"
    yield "long_number.csv", b"a,y\n" + b"1" * 1000000 + b",1\n2,2\n"
    yield "long_fraction.csv", b"a,y\n0." + b"0" * 100000 + b"1,1\n2,2\n3,5\n"
    yield "huge_exponent.csv", b"a,y\n1e" + b"9" * 1000 + b",1\n2,2\n"
    yield "tiny_exponent.csv", b"a,y\n1e-" + b"9" * 1000 + b",1\n2,2\n3,5\n"
    yield "million_columns.csv", b",".join([b"1"] * 1000000) + b"\n"
    yield "too_many_columns.csv", b",".join([b"1"] * (2**20 + 1)) + b"\n"
    names = b",".join(b"c%d" % i for i in range(20000))
    yield "text_columns.csv", names + b"\n" + b",".join([b"u"] * 20000) + b"\n"
    yield "million_lines.csv", b"1\n" + b"\n" * 1000000 + b"2\n"
    yield "same_names.csv", b"a,a,y\n1,2,3\n"
    yield "no_name.csv", b"a,,y\n1,2,3\n"
    yield "infinite.csv", b"a,y\n1,2\ninf,3\n2,4\n"
    yield "overflow.csv", b"a,y\n1,2\n1e400,3\n2,4\n"
    yield "no_target.csv", b"a,y\n1,\n2,NA\n3,?\n"
    yield "distinct_texts.csv", b"a,y\n" + b"".join(b"t%d,%d\n" % (i, i % 7) for i in range(5000))


def gzip_attacks():
    text = b"a,y\n" + b"".join(b"%d,%d\n" % (i, 2 * i + i % 3) for i in range(99))
    whole = gzip.compress(text, mtime=0)
    yield "whole.csv.gz", whole
    yield "cut.csv.gz", whole[:-20]
    yield "magic_only.csv.gz", whole[:3]
    yield "header_only.csv.gz", whole[:10]
    yield "crc.csv.gz", whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    yield "length.csv.gz", whole[:-1] + bytes([whole[-1] ^ 1])
    yield "flipped.csv.gz", whole[:40] + bytes([whole[40] ^ 0x10]) + whole[41:]
    yield "behind.csv.gz", whole + b"more"
    yield "two.csv.gz", whole + gzip.compress(b"100,201\n", mtime=0)
    yield "twice.csv.gz", gzip.compress(whole, mtime=0)
    yield "nothing.csv.gz", gzip.compress(b"", mtime=0)
    yield "extra_cut.csv.gz", b"\x1f\x8b\x08\x04" + whole[4:10] + b"\xff\xff" + whole[10:]
    yield "bomb.csv.gz", gzip.compress(b"0\n" * (48 << 20), mtime=0)
    yield "bomb_of_blanks.csv.gz", gzip.compress(b"\n" * (96 << 20), mtime=0)


def foreign_attacks():
    yield "zip.csv", b"PK\x03\x04" + bytes(60)
    yield "png.csv", b"\x89PNG\r\n\x1a\n" + bytes(60)
    yield "elf.csv", b"\x7fELF\x02\x01\x01" + bytes(60)
    yield "parquet.csv", b"PAR1" + bytes(60) + b"PAR1"
    yield "pickle.csv", b"\x80\x04\x95" + struct.pack("<Q", 40) + bytes(60)
    yield "random.csv", bytes((i * 197 + i * i * 31) % 251 + 1 for i in range(5000))


def npy_attacks():
    values = struct.pack("<4d", 1, 2, 3, 5)
    yield "magic_only.npy", b"\x93NUMPY"
    yield "cut_length.npy", b"\x93NUMPY\x01\x00\x46"
    yield "version.npy", npy(npy_header(), values, (9, 0))
    yield "header_4gb.npy", npy(npy_header(), values, (2, 0), 0xFFFFFFFF)
    yield "header_100mb.npy", npy(npy_header(), values, (2, 0), 100000001)
    yield "header_empty.npy", npy("", values)
    yield "header_cut.npy", npy(npy_header()[:-12], values)
    yield "header_nul.npy", npy(npy_header().replace("shape", "sha\0e"), values)
    yield "header_deep.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 50000 + "}", values)
    yield "negative.npy", npy(npy_header(shape="(-1, 2)"), values)
    yield "negative_zero.npy", npy(npy_header(shape="(-0, 2)"), values)
    yield "overflow.npy", npy(npy_header(shape="(4611686018427387904, 4)"), values)
    yield "overflow_square.npy", npy(npy_header(shape="(4294967296, 4294967296)"), values)
    yield "overflow_bytes.npy", npy(npy_header(shape="(2305843009213693952, 1)"), values)
    yield "beyond_64.npy", npy(npy_header(shape="(99999999999999999999999, 1)"), values)
    yield "many_columns.npy", npy(npy_header(shape="(0, 1152921504606846976)"), values)
    yield "float_shape.npy", npy(npy_header(shape="(2.0, 2)"), values)
    yield "scalar.npy", npy(npy_header(shape="()"), values[:8])
    yield "cube.npy", npy(npy_header(shape="(1, 2, 2)"), values)
    yield "no_rows.npy", npy(npy_header(shape="(0, 2)"))
    yield "fortran.npy", npy(npy_header(order="True"), values)
    yield "order_odd.npy", npy(npy_header(order="0"), values)
    yield "big_endian.npy", npy(npy_header("'>f8'"), values)
    yield "half.npy", npy(npy_header("'<f2'"), values[:8])
    yield "complex.npy", npy(npy_header("'<c16'"), values * 2)
    yield "objects.npy", npy(npy_header("'|O'"), values)
    yield "records.npy", npy(npy_header("[('a', '<f8'), ('b', '<f8')]"), values)
    yield "long_type.npy", npy(npy_header("'<f" + "8" * 50000 + "'"), values)
    yield "short.npy", npy(npy_header(), values[:-1])
    yield "long.npy", npy(npy_header(), values + b"\0")
    yield "key_twice.npy", npy("{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}\n", values)
    yield "key_odd.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), 'x': 1}\n", values)
    yield "key_missing.npy", npy("{'descr': '<f8', 'fortran_order': False}\n", values)
    yield "infinite.npy", npy(npy_header(), struct.pack("<4d", 1, 2, float("inf"), 4))
    yield "all_nan.npy", npy(npy_header(), struct.pack("<4d", *[float("nan")] * 4))


# ---- Files of the library's own ---------------------------------------------------


def raw_attacks(content, kind):
    """Damage without a digest that fits."""
    end = "." + kind
    length = struct.unpack_from("<Q", content)[0]
    yield "empty" + end, b""
    yield "cut_start" + end, content[:7]
    yield "cut_header" + end, content[:200]
    yield "cut_data" + end, content[:-9]
    yield "longer" + end, content + b"\0"
    yield "flipped" + end, content[: length + 20] + bytes([content[length + 20] ^ 4]) + content[length + 21 :]
    yield "length_most" + end, b"\xff" * 8 + content[8:]
    yield "length_100mb" + end, struct.pack("<Q", 100000001) + content[8:]
    yield "length_0" + end, bytes(8) + content[8:]
    yield "text" + end, b"a,y\n1,2\n3,4\n" * 20


def header_attacks(base, kind):
    """Headers that are no JSON, or not the right one, with a digest that fits."""
    end = "." + kind
    text, data = json.dumps(base.header, separators=(",", ":")).encode(), base.data
    name = next(iter(key for key in base.header if key != "__metadata__"))

    def entry(**change):
        other = base.copy()
        other.header[name].update(change)
        return other.bytes()

    yield "json_cut" + end, pack(text[:-1], data)
    yield "json_deep" + end, pack(b"[" * 50000 + b"]" * 50000, data)
    yield "json_deep_object" + end, pack(b'{"a":' * 20000 + b"1" + b"}" * 20000, data)
    yield "json_twice" + end, pack(b'{"__metadata__":{},' + text[1:], data)
    yield "json_values" + end, pack(b'{"a":[' + b"0," * 300000 + b'0],' + text[1:], data)
    yield "json_members" + end, pack(b"{" + b"".join(b'"%d":0,' % i for i in range(9000)) + text[1:], data)
    yield "json_utf8" + end, pack(text.replace(b'"format":"gemml"', b'"format":"gem\xffl"'), data)
    yield "json_nul" + end, pack(text.replace(b'"format":"gemml"', b'"format":"gem\\u0000l"'), data)
    yield "json_half" + end, pack(text.replace(b'"format":"gemml"', b'"format":"gem\\ud800l"'), data)
    yield "json_array" + end, pack(b"[]", data)
    yield "no_metadata" + end, pack(b'{"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}', bytes(8)[:-8])
    yield "metadata_number" + end, pack(text.replace(b'"format":"gemml"', b'"format":7'), data)
    yield "overlap" + end, entry(data_offsets=[0, 0])
    yield "outside" + end, entry(data_offsets=[0, 1 << 40])
    yield "backwards" + end, entry(data_offsets=[8, 0])
    yield "offset_negative" + end, entry(data_offsets=[-8, 0])
    yield "shape_overflow" + end, entry(shape=[1 << 32, 1 << 32])
    yield "shape_overflow_zero" + end, entry(shape=[1 << 63, 2, 0])
    yield "shape_negative" + end, entry(shape=[-1])
    yield "shape_float" + end, entry(shape=[1.5])
    yield "shape_deep" + end, entry(shape=[1, 1, 1, 1, 1])
    yield "dtype" + end, entry(dtype="BF16")
    yield "format_2" + end, pack(text.replace(b'"format_version":"1"', b'"format_version":"2"'), data)


def model_attacks(base):
    end = ".gemml"

    def schema(change):
        other = base.copy()
        read = json.loads(other.header["__metadata__"]["schema"])
        change(read)
        other.header["__metadata__"]["schema"] = json.dumps(read)
        return other.bytes()

    yield "kind" + end, base.string("kind", "svm")
    yield "kind_escape" + end, base.string("kind", "\x1b[2J")
    yield "weight_nan" + end, base.changed("layer.0.weight", [float("nan")])
    yield "rows_negative" + end, base.changed("summary.rows", [-1], "q")
    yield "rank_huge" + end, base.changed("summary.rank", [1 << 62], "q")
    yield "options_deep" + end, base.string("options", '{"l2":' * 5000)
    yield "activations" + end, base.string("activations", '["softmax"]')
    yield "activations_many" + end, base.string("activations", "[" + '"identity",' * 100000 + '"identity"]')
    yield "schema_degree" + end, schema(lambda read: read.update(degree=1 << 20))
    yield "schema_names" + end, schema(lambda read: read.update(degree=5000) or read["inputs"][0].update(name="n" * 40000))
    yield "schema_levels" + end, schema(lambda read: read["inputs"][1].update(levels=["v", "u"]))
    yield "schema_twice" + end, schema(lambda read: read["inputs"].append(read["inputs"][0]))
    yield "schema_none" + end, schema(lambda read: read.update(inputs=[]))


def moments_attacks(base):
    end = ".moments"

    yield "gram_nan" + end, base.changed("moments.gram", [float("nan")])
    yield "gram_negative" + end, base.changed("moments.gram", [-1.0])
    yield "rows_negative" + end, base.changed("moments.rows", [-1], "q")
    yield "rows_none" + end, base.changed("moments.rows", [0], "q")
    yield "scale" + end, base.changed("moments.scale", [3.0])
    yield "features_none" + end, base.string("features", "0")
    yield "features_huge" + end, base.string("features", "2147483647")
    yield "features_most" + end, base.string("features", "18446744073709551616")
    yield "features_other" + end, base.string("features", "1")


def checkpoint_attacks(base):
    end = ".checkpoint"

    def count(index, value):
        begin, _ = base.header["run.counts"]["data_offsets"]
        counts = list(struct.unpack_from("<11q", base.data, begin))
        counts[index] = value
        return base.changed("run.counts", counts, "q")

    yield "parameters_huge" + end, count(8, 1 << 40)
    yield "parameters_most" + end, count(8, (1 << 63) - 1)
    yield "parameters_less" + end, count(8, 1)
    yield "count_negative" + end, count(0, -1)
    yield "outcome" + end, count(7, 1000)
    yield "rule" + end, count(10, 1000)
    yield "position" + end, count(3, 1 << 50)
    yield "epoch" + end, count(2, 1 << 50)
    yield "other_rows" + end, base.changed("run.data", [12345], "q")
    other = base.copy()
    for tensor in ("run.theta", "run.best"):
        other.set_data(tensor, [float("nan")], "f")
    yield "theta_nan" + end, other.bytes()


# ---- All ---------------------------------------------------------------------------


def run(program, *arguments):
    subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def all_attacks(program, folder, moments):
    table = os.path.join(folder, "good.csv")
    model, checkpoint = os.path.join(folder, "good.gemml"), os.path.join(folder, "good.checkpoint")
    with open(table, "w", encoding="ascii") as file:
        file.write("a,b,y\n" + "".join("%d,%s,%d\n" % (i, "uvw"[i % 3], 3 * i + i % 2) for i in range(20)))
    run(program, "train", "linear", table, "--target", "y", "--model", model, "--quiet")
    run(program, "train", "mlp", table, "--target", "y", "--hidden", "3", "--epochs", "4", "--model",
        os.path.join(folder, "mlp.model"), "--checkpoint", checkpoint, "--quiet")
    os.remove(os.path.join(folder, "mlp.model"))
    shutil.copy(moments, os.path.join(folder, "good.moments"))
    yield from csv_attacks()
    yield from gzip_attacks()
    yield from foreign_attacks()
    yield from npy_attacks()
    yield "moments.gemml", read(moments)
    yield "model.moments", read(model)
    yield "model.checkpoint", read(model)
    for path, kind in ((model, "gemml"), (moments, "moments"), (checkpoint, "checkpoint")):
        yield from raw_attacks(read(path), kind)
        yield from header_attacks(Container(path), kind)
    yield from model_attacks(Container(model))
    yield from moments_attacks(Container(moments))
    yield from checkpoint_attacks(Container(checkpoint))


def main():
    program, moments, folder, stamp = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    assert xxh64(b"") == 0xEF46DB3751D8E999 and xxh64(b"abc") == 0x44BC2CF5AD770999
    for name, content in all_attacks(program, folder, moments):
        path = os.path.join(folder, name)
        assert not os.path.exists(path), name
        with open(path, "wb") as file:
            file.write(content)
    with open(stamp, "wb"):
        pass


main()
