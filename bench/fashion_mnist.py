"""Fashion-MNIST as two tables for gemml: turns the IDX files of the Debian package dataset-fashion-mnist into NPY.

    /usr/bin/python3 bench/fashion_mnist.py FOLDER       writes FOLDER/train.npy and FOLDER/test.npy

Each row is an image: 784 columns of pixels, 0 .. 1, and as the last column the class, 0 .. 9; in single
precision. 60000 rows to learn from and 10000 to test: 188 and 31 MB. Then

    gemml train mlp FOLDER/train.npy --target -1 --task classification --no-scale --hidden 256,128 \\
        --schedule one-cycle --rate 0.003 --batch 128 --epochs 10 --model fashion.gemml
    gemml evaluate fashion.gemml FOLDER/test.npy

An IDX file has a big-endian header: two zero bytes, the type (8: unsigned bytes), the number of
dimensions, and each of them as 32 bits; then the bytes. Data: Xiao, Rasul and Vollgraf (2017), MIT licence.
"""
import gzip
import pathlib
import struct
import sys

import numpy

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")


def read_idx(name):
    path = SOURCE / (name + ".gz")
    if not path.exists():
        raise SystemExit(f"{path} is not there: apt install dataset-fashion-mnist")
    raw = gzip.decompress(path.read_bytes())
    zero, kind, dimensions = struct.unpack(">HBB", raw[:4])
    if zero != 0 or kind != 8:
        raise SystemExit(f"{path} is not an IDX file of bytes")
    shape = struct.unpack(f">{dimensions}I", raw[4:4 + 4 * dimensions])
    return numpy.frombuffer(raw, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def write_table(path, prefix):
    images, labels = read_idx(f"{prefix}-images-idx3-ubyte"), read_idx(f"{prefix}-labels-idx1-ubyte")
    table = numpy.empty((len(images), images[0].size + 1), numpy.float32)
    table[:, :-1] = images.reshape(len(images), -1) / numpy.float32(255)
    table[:, -1] = labels
    numpy.save(path, table)
    print(f"{path}: {table.shape[0]} rows, {table.shape[1] - 1} columns and the class")


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "train.npy", "train")
    write_table(folder / "test.npy", "t10k")


if __name__ == "__main__":
    main()
