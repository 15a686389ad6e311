//! Artifact types of Trainyard.
