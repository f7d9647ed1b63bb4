import CProcess
import QueueCore
