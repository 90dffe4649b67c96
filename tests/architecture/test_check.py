#!/usr/bin/env python3
"""The checker checked: small trees, libraries and headers that break one rule each.

    test_check.py CC

A right tree gives no complaint, each wrong one the complaint it deserves.
"""

import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

import check

CC = ["cc"]


class CheckerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name, text in {
                "src/util/error.h": "", "src/kernel/linalg.c": "#include <cblas.h>\n", "src/kernel/real.h": "",
                "src/fold/fold.h": '#include "kernel/real.h"\n', "src/data/table.c": '#include "util/error.h"\n',
                "src/io/file.c": '#include "data/table.h"\n', "src/data/table.h": "#include <gemml/table.h>\n",
                "src/naive/gemm.c": '#include "kernel/real.h"\n', "src/api/fit.c": '#include "io/file.h"\n',
                "src/io/file.h": '// #include "api/fit.h"\n/* #include "api/fit.h" */\n',
                "src/cli/main.c": '#include <gemml.h>\n#include "cli/options.h"\n#include <stdio.h>\n',
                "examples/small.c": "#include <gemml.h>\n",
                "include/gemml.h": '#include "gemml/base.h"\n',
                "include/gemml/base.h": "#ifndef B\n#define B\n#define GEMML_API __attribute__((visibility"
                                        '("default")))\nGEMML_API const char *gemml_version(void);\n'
                                        "/* GEMML_API int gemml_gone(void); */\n#endif\n"}.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def compile(self, name, text, *flags):
        source = self.write(f"made/{name}.c", text)
        target = self.root / "made" / (name + (".so" if "-shared" in flags else ".c.o"))
        subprocess.run([*CC, *flags, str(source), "-o", str(target)], check=True)
        return target

    def assert_one(self, complaints, *words):
        """Exactly one complaint, and it says all the words."""
        self.assertEqual(len(complaints), 1, complaints)
        for word in words:
            self.assertIn(word, complaints[0])

    def includes_with(self, name, text):
        self.write(name, text)
        return check.check_includes(self.root)

    def test_right_tree(self):
        self.assertEqual(check.check_includes(self.root), [])
        self.assertEqual(check.check_sizes(self.root), [])

    def test_upward(self):
        self.assert_one(self.includes_with("src/util/bad.c", '#include "io/file.h"\n'), "util/ is below io/")

    def test_circle(self):
        self.assert_one(self.includes_with("src/data/bad.c", '#include "io/file.h"\n'), "circle", "data -> io -> data")

    def test_blas_header(self):
        self.assert_one(self.includes_with("src/solve/bad.c", "# include <lapacke.h>\n"), "only kernel/linalg")

    def test_command_line_inside(self):
        self.assert_one(self.includes_with("src/cli/bad.c", '#include "util/error.h"\n'), "headers of its own")

    def test_example_inside(self):
        self.assert_one(self.includes_with("examples/bad.c", "#include <gemml/io.h>\n"), "<gemml.h>")

    def test_naive_in_library(self):
        self.write("src/naive/gemm.h", "")
        self.assert_one(self.includes_with("src/chain/bad.c", '#include "naive/gemm.h"\n'), "may include naive/")

    def test_naive_above_chain(self):
        self.assert_one(self.includes_with("src/naive/bad.c", '#include "io/file.h"\n'), "twin")

    def test_umbrella_in_library(self):
        self.assert_one(self.includes_with("src/api/bad.c", "#include <gemml.h>\n"), "<gemml/NAME.h>")

    def test_unknown_room_and_file(self):
        self.assert_one(self.includes_with("src/attic/bad.c", ""), "attic")
        (self.root / "src/attic/bad.c").unlink()
        self.assert_one(self.includes_with("src/api/bad.c", '#include "error.h"\n'), "not a file of src/")

    def test_long_file(self):
        self.write("src/util/long.c", "\n" * 500)
        self.assertEqual(check.check_sizes(self.root), [])
        self.write("src/util/long.c", "\n" * 501)
        self.assert_one(check.check_sizes(self.root), "501 lines")

    def test_headers(self):
        compiler = "c:" + shlex.join(CC)
        self.assertEqual(check.check_headers(self.root / "include", [compiler]), [])
        self.write("include/gemml/bad.h", "#ifndef N\n#define N\nint f(size_t n);\n#endif\n")
        self.assert_one(check.check_headers(self.root / "include", [compiler]), "bad.h", "size_t")

    def objects_with(self, name, text):
        archive = self.root / "made.a"
        archive.unlink(missing_ok=True)
        subprocess.run(["ar", "crsT", str(archive), str(self.compile(name, text, "-c", "-w"))], check=True)
        return check.check_objects([archive])

    def test_objects(self):
        call = "void {0}(void);\nvoid f(void);\nvoid f(void) {{ {0}(); }}\n"
        for name, symbol in (("kernel_linalg.x", "other"), ("kernel_linalg", "cblas_dgemm"),
                             ("util_alloc", "malloc"), ("util_parallel", "pthread_create"), ("io_file", "snprintf")):
            self.assertEqual(self.objects_with(name, call.format(symbol)), [], name)
        for name, symbol, word in (("fold_gram", "cblas_dsyrk", "only kernel/linalg"),
                                   ("kernel_vector", "LAPACKE_dpotrf", "only kernel/linalg"),
                                   ("api_base", "openblas_set_num_threads", "only kernel/linalg"),
                                   ("api_base", "printf", "prints"), ("io_file", "abort", "ends the process"),
                                   ("util_error", "sigaction", "installs a handler"),
                                   ("data_csv", "malloc", "only util_alloc.c.o"),
                                   ("fold_fold", "pthread_create", "only util_parallel.c.o")):
            self.assert_one(self.objects_with(name, call.format(symbol)), f"{name}.c.o references {symbol}", word)
        self.assert_one(self.objects_with("util_alloc", "int f(void);\nint f(void) { return 1; }\n"), "no object")

    def test_library(self):
        program = '#include "gemml/base.h"\nconst char *gemml_version(void) { return ""; }\n'
        bad = program.replace("gemml_version", "gemml_other") + "GEMML_API int loose(void) { return 1; }\n"
        flags = ("-shared", "-fPIC", "-fvisibility=hidden", "-w", f"-I{self.root / 'include'}")
        good_link = ("-Wl,-soname,libgemml.so.0", "-Wl,-z,nodelete")
        wanted = {"the library does not need libopenblas.so", "the library does not need liblapacke.so"}
        complaints = check.check_library(self.compile("good", program, *flags, *good_link), self.root / "include")
        self.assertEqual(set(complaints), wanted)
        bad = bad.replace("const char *gemml_other", "GEMML_API const char *gemml_other")
        complaints = check.check_library(self.compile("bad", bad, *flags), self.root / "include")
        self.assertEqual(set(complaints) - wanted, {
            "loose is exported but does not begin with gemml_",
            "gemml_other is exported but not declared with GEMML_API",
            "gemml_version is declared but not exported",
            "the soname is not libgemml.so.0",
            "the library is not linked with -z nodelete"})

    def test_exit_status(self):
        script = [sys.executable, check.__file__, "includes", str(self.root)]
        self.assertEqual(subprocess.run(script, check=False).returncode, 0)
        self.write("src/util/bad.c", '#include "io/file.h"\n')
        done = subprocess.run(script, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("util/ is below io/", done.stdout)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        CC = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
