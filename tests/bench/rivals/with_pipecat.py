"""pipecat: its OpenAI Realtime service between the two ends of its local audio transport."""

import asyncio
import sys

from loguru import logger
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.transports.local.audio import LocalAudioTransport, LocalAudioTransportParams

HZ = 24_000


async def main(url: str) -> None:
    """Talk until the process is ended."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    transport = LocalAudioTransport(LocalAudioTransportParams(audio_in_enabled=True, audio_out_enabled=True))
    service = OpenAIRealtimeLLMService(api_key="sk-bench", base_url=url)
    both = LLMContextAggregatorPair(LLMContext())
    line = Pipeline([transport.input(), both.user(), service, transport.output(), both.assistant()])
    params = PipelineParams(audio_in_sample_rate=HZ, audio_out_sample_rate=HZ)
    await PipelineRunner(handle_sigint=False).run(PipelineTask(line, params=params, idle_timeout_secs=None))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
