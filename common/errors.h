#pragma once

#include <stdexcept>
#include <string>

namespace understudy {

/// Base of every error the project throws on purpose; the message says what failed, with which values, and what to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The user's configuration or command line is wrong. Running again without a change cannot help (exit code 78).
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// A data set, shard, picture or video is missing, damaged or not what the configuration asks for (exit code 78).
class DataError : public Error {
 public:
  using Error::Error;
};

/// Stored bytes fail their checksum or cannot be decoded. Other frames of the same set may be intact.
class DamageError : public DataError {
 public:
  using DataError::DataError;
};

/// A weight file or checkpoint is missing, damaged or does not fit the networks (exit code 78).
class CheckpointError : public Error {
 public:
  using Error::Error;
};

/// A later start owns the run directory; this one must leave without writing.
class SupersededError : public CheckpointError {
 public:
  using CheckpointError::CheckpointError;
};

/// Ranks cannot reach or understand each other.
class ClusterError : public Error {
 public:
  using Error::Error;
};

/// A tensor has a shape that a network or a loss cannot take.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A loss or a gradient is not finite.
class NonFiniteError : public Error {
 public:
  using Error::Error;
};

/// A file could not be written, read or renamed; carries the operating system's reason, disk full among them.
class FileError : public Error {
 public:
  using Error::Error;
};

/// Storage failed in a way that may pass: an I/O error, a server that went away, other bytes than were written. A later
/// start may find it mended (exit code 70).
class StorageError : public FileError {
 public:
  using FileError::FileError;
};

}  // namespace understudy
