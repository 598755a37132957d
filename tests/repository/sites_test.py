"""tools/setup where nothing may be installed, and configuring with a site's own LibTorch: made up here, never built with."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Place(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="understudy-sites-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path


class Setup(Place):
    """Programs of these tests stand in for the system's; apt-get is none of them, so nothing can be installed."""

    def setup(self, **programs):
        for name in ("bash", "dirname", "sed", "grep", "cat"):
            self.write("bin/" + name, "#!/bin/sh\nexec %s \"$@\"\n" % shutil.which(name), 0o755)
        for name, script in {"id": "[ \"$1\" = -un ] && echo ada || echo 1000", **programs}.items():
            self.write("bin/" + name.replace("_", "-"), "#!/bin/sh\n%s\n" % script, 0o755)
        return subprocess.run([shutil.which("bash"), ROOT / "tools/setup"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True,
                              env={"PATH": str(self.folder / "bin"), "UNDERSTUDY_TORCH": "/sw/torch"})

    ALL_BUT_CLI11 = "for p in \"$@\"; do [ $p = libcli11-dev ] || echo install ok installed $p; done"

    def test_asks_for_nothing_when_all_is_there(self):
        done = self.setup(dpkg_query="for p in \"$@\"; do echo install ok installed $p; done", sudo="echo asked; exit 1")
        self.assertEqual((done.returncode, done.stdout), (0, "setup: using the LibTorch in /sw/torch\n"))

    def test_says_what_to_ask_for_without_root(self):
        for programs in ({}, {"sudo": "echo no password 1>&2; exit 1"}):
            done = self.setup(dpkg_query=self.ALL_BUT_CLI11, **programs)
            self.assertEqual(done.returncode, 78, done.stdout)
            self.assertIn("you (ada) may not install any", done.stdout)
            self.assertIn("apt-get install --no-install-recommends libcli11-dev\n", done.stdout)

    def test_uses_sudo_that_asks_for_no_password(self):
        done = self.setup(dpkg_query=self.ALL_BUT_CLI11, sudo="[ \"$*\" = \"-n true\" ] || echo \"as root: $*\"")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("as root: apt-get update", done.stdout)

    def test_leaves_packages_alone_where_there_is_no_debian(self):
        done = self.setup()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("no Debian here", done.stdout)


class Torch(Place):
    def torch(self, version, header="csrc/api/include/torch/version.h", config=""):
        major, minor, patch = version.split(".")
        folder = "torch-%s" % version
        self.write(folder + "/lib/libtorch_cpu.so", "")
        self.write(folder + "/lib/libc10.so", "")
        self.write(folder + "/include/torch/" + header, "#define TORCH_VERSION_MAJOR %s\n#define TORCH_VERSION_MINOR %s\n"
                   "#define TORCH_VERSION_PATCH %s\n#define TORCH_VERSION_ABI_TAG 0\n" % (major, minor, patch))
        self.write(folder + "/share/cmake/Torch/TorchConfig.cmake", config)
        return self.folder / folder

    def configure(self, *options, build="build", environment=""):
        self.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(site NONE)\ninclude(%s)\n"
                   % (ROOT / "cmake/UnderstudyTorch.cmake"))
        done = subprocess.run(["cmake", "-S", self.folder, "-B", self.folder / build, *options], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env={**os.environ, "UNDERSTUDY_TORCH": str(environment)})
        return done.returncode, " ".join(done.stdout.split())  # CMake breaks lines where it likes

    def test_says_which_version_it_found(self):
        new, old = self.torch("2.11.0", header="headeronly/version.h"), self.torch("2.9.1")
        code, said = self.configure("-DUNDERSTUDY_TORCH=%s" % new)
        self.assertEqual(code, 0, said)
        self.assertIn("LibTorch 2.11.0 in %s" % new, said)
        self.assertNotIn("Warning", said)
        self.assertIn("LibTorch 2.9.1 in", self.configure(build="other", environment=old)[1])

    def test_keeps_the_torch_of_the_first_configure(self):
        first, second = self.torch("2.11.0"), self.torch("2.9.1")
        self.assertNotIn("Warning", self.configure(environment=str(first) + "/")[1])
        self.assertNotIn("Warning", self.configure()[1])
        said = self.configure(environment=second)[1]
        self.assertIn("LibTorch 2.11.0", said)
        self.assertIn("change it with -DUNDERSTUDY_TORCH=%s" % second, said)
        self.assertIn("LibTorch 2.9.1", self.configure("-DUNDERSTUDY_TORCH=%s" % second)[1])
        self.assertEqual((self.folder / "build/torch_include/torch").resolve(), second / "include/torch")

    def test_warns_of_a_version_that_was_never_run(self):
        code, said = self.configure(environment=self.torch("3.1.0"))
        self.assertEqual(code, 0, said)
        self.assertIn("LibTorch 3.1.0 was never run", said)

    def test_refuses_what_cannot_work(self):
        code, said = self.configure(environment=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("No LibTorch in '%s'" % self.folder, said)
        config = "set(TORCH_CXX_FLAGS \"-D_GLIBCXX_USE_CXX11_ABI=0\")\n"
        code, said = self.configure(environment=self.torch("2.6.0", config=config))
        self.assertEqual(code, 1)
        self.assertIn("LibTorch 2.6.0", said)
        self.assertIn("Take a wheel of 2.7 or newer", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
