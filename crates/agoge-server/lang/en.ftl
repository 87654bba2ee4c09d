# Texts of the server's pages and scripts.

# Frame of every page
to-content = To the content
site = Site
analyse = Analyse
live = Live
athletes = Athletes
judge = Judge
models = Models
stays-here = Everything stays on this machine.

# What is missing; each with a hint what to do
no-page = There is nothing here
no-page-hint = The pages are named above.
no-library = No library
no-library-hint = Start the server with --library DIR to keep athletes and their analyses.
no-record = Not in the library
no-record-hint = It may have been deleted.
no-report = That report is no longer kept
no-report-hint = Only the newest are kept in memory. Upload the recording again, for an athlete to keep it.
no-token = No token is needed
no-token-hint = This server is reached from its own machine only.
not-analysed = This recording cannot be analysed as it was

# Start page
start-title = Analyse a movement
start-promise = A recording or video of a movement in; what to change first out.
movement = Movement
recognise = Recognise it
athlete = Athlete
do-not-store = Do not store
body = Height and mass, for metres and for moments in the joints
height = Height, m
mass = Mass, kg
sex = Sex, for the masses of segments
sex-unknown = not given
sex-female = female
sex-male = male
choose-file = Choose a file
drop-file = { " " }or drop it here
file-types = Videos (MP4) and pose files: { $formats }
upload = Upload
just-analysed = Just analysed
uploading = Uploading …
analysing = Analysing …
upload-broken = The upload broke off.
failed = This did not work: { $why }

# Live page
start-camera = Start the camera
wear-device = Wear this device
simulate = Show a simulated athlete
stop = Stop
speak-cues = Speak the cues
setup-before = The camera needs the pose network: run
setup-after = { " " }once. Skeletons of other devices and the simulated athlete work without it.
simulated = Simulated.
simulated-note = { " " }No athlete stands here: this movement comes from Agoge's simulator.
stick-figure = Stick figure of the athlete
cue = Cue
now = Now
frame-to-event = Frame to event
latency = half below { $median } ms, 99 of 100 below { $tail } ms
no-attempts = no attempts
one-attempt = 1 attempt
attempts = { $count } attempts
outcome-completed = completed
outcome-attempted = attempted
outcome-interrupted = interrupted
outcome-unlike = not this movement
rest = rest
no-sensor = This device gives no sensor to this page.
stand-still = Stand still for a second, then begin.
connection-broken = The connection broke off.
camera-failed = The camera cannot be used: { $why }

# Athletes
new-athlete = New athlete
add = Add
nobody = Nobody is here yet.
recordings = Recordings
analyses = Analyses
last = Last
score = Score
change-first = To change first
day = Day
repetitions = Repetitions
athlete-counts = { $sessions } sessions · { $recordings } recordings · { $analyses } analyses
development = Development
no-analyses = None yet: choose this athlete when you upload a recording.

# Load and plan
load = Load and injury
plan = Plan
no-load = No workout with a load is in the library yet.
import-load = Bring in a diary (CSV) or workouts (FIT, TCX, GPX):
session-rpe = Session RPE needs minutes and a rating of effort; docs/reference/load.md names the columns.
injuries = Injuries
pain = Pain
old-plan = The newest plan was made by another version of Agoge and cannot be shown. Make it again:
no-plan = No plan is in the library yet. Write down free minutes and events (docs/reference/plan.md), then:

# Comparison of two recordings
compare = Compare
compare-title = Compare two recordings
choose-first = Choose the first recording on an athlete’s page: every analysis there can be compared with another of the same movement.
no-others = There is no other analysis of this movement yet.
compare-with = Compare with:
repetition-count = { $count } repetitions
score-value = score { $score }
two-movements = Only recordings of one movement can be compared.
choose-other = Choose another to compare with
two-recordings = { $movement }: two recordings
both-movements = Both movements
play = Play
pause = Pause
time-within = Time within the repetition
speed = Speed
front = Front
side = Side
curve = Curve
line-key = Solid: the first. Dashed: the second.
curves-above = The chosen curve of both repetitions above each other
left = left
right = right
midline = midline
first = First
second = Second
moving-figure = Moving stick figure
repetition = Repetition
none-complete = One of the two has no complete repetition.
phase-times = { $phase }: the first is { $first } s into its repetition, the second { $second } s.
whole-repetition = repetition

# Judging of repetitions
judge-title = Judge repetitions
judge-purpose = What you say of repetitions teaches a model of your own. Who moves and what the program found are not shown, so that nothing sways you.
nothing-to-judge = Nothing is here to be judged yet: choose an athlete when you upload a recording.
judge-how = How
one-by-one = One by one
which-is-better = Which of two is better
figure-one = Moving stick figure of a repetition
figure-other = Moving stick figure of the other repetition
oblique = Oblique
correct = Correct
not-correct = Not correct
skip = Skip
back = Back
left-better = Left is better
both-alike = Both alike
right-better = Right is better
label-export = `agoge label export DIR` writes what was said as a set to learn from; `agoge adapt` makes a model of it.
all-compared = There are no two repetitions left to compare.
all-judged = Everything here is judged.
compared-count = { $count } comparisons so far.
judged-count = { $count } of { $all } judged.
judgement-lost = The server does not answer as it should; what you said last was not stored.

# Entry from another machine
enter-token = This server asks for the token that it told when it was started.
token = Token
enter = Enter
trust-certificate = To be spared your browser's warning next time, trust this certificate once, after comparing its fingerprint:
certificate = this machine's certificate
token-limit = Too many wrong tokens: wait a minute.
wrong-token = This is not the token.

# Models
models-title = Models that come with Agoge
trained-on = Trained on
movements-known = It knows
measured = Measured
limits = Limits
licence = Licence
figures = Figures
figure = Figure
value = Value
