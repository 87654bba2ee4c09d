# Texts of the server's pages and scripts.

# Frame of every page
to-content = 跳到正文
site = 网站
analyse = 分析
live = 实时
athletes = 运动员
judge = 评判
models = 模型
stays-here = 一切都留在本机。

# What is missing; each with a hint what to do
no-page = 这里没有内容
no-page-hint = 各页面见上方。
no-library = 没有资料库
no-library-hint = 请用 --library DIR 启动服务器，以保存运动员及其分析。
no-record = 资料库中没有
no-record-hint = 可能已被删除。
no-report = 该报告已不再保留
no-report-hint = 内存中只保留最新的报告。请重新上传录像，并选择运动员以便保存。
no-token = 不需要口令
no-token-hint = 此服务器只能从本机访问。
not-analysed = 该录像无法按原来的方式分析

# Start page
start-title = 分析一个动作
start-promise = 放入动作的录像或数据，得到最该先改的地方。
movement = 动作
recognise = 自动识别
athlete = 运动员
do-not-store = 不保存
body = 身高和体重，用于以米为单位和计算关节力矩
height = 身高（米）
mass = 体重（千克）
sex = 性别（用于体段质量）
sex-unknown = 未填写
sex-female = 女
sex-male = 男
choose-file = 选择文件
drop-file = ，或拖放到这里
file-types = 视频（MP4）和姿态文件：{ $formats }
upload = 上传
just-analysed = 刚刚分析过
uploading = 正在上传 …
analysing = 正在分析 …
upload-broken = 上传中断。
failed = 没有成功：{ $why }

# Live page
start-camera = 打开摄像头
wear-device = 佩戴本设备
simulate = 显示模拟运动员
stop = 停止
speak-cues = 朗读提示
setup-before = 摄像头需要姿态网络：请先运行一次
setup-after = 。其他设备的骨架和模拟运动员不需要它。
simulated = 模拟。
simulated-note = 这里没有真人：该动作来自 Agoge 的模拟器。
stick-figure = 运动员的火柴人
cue = 提示
now = 当前
frame-to-event = 从画面到事件
latency = 一半低于 { $median } 毫秒，百分之九十九低于 { $tail } 毫秒
no-attempts = 没有未完成的尝试
one-attempt = 1 次未完成的尝试
attempts = { $count } 次未完成的尝试
outcome-completed = 完成
outcome-attempted = 未完成
outcome-interrupted = 中断
outcome-unlike = 不是这个动作
rest = 休息
no-sensor = 本设备不向此页面提供传感器。
stand-still = 先静止一秒，然后开始。
connection-broken = 连接中断。
camera-failed = 无法使用摄像头：{ $why }

# Athletes
new-athlete = 新运动员
add = 添加
nobody = 还没有人。
recordings = 录像
analyses = 分析
last = 最近
score = 评分
change-first = 优先改进
day = 日期
repetitions = 次数
athlete-counts = { $sessions } 次训练 · { $recordings } 个录像 · { $analyses } 个分析
development = 发展
no-analyses = 还没有：上传录像时请选择这位运动员。

# Load and plan
load = 负荷与伤病
plan = 计划
no-load = 资料库中还没有带负荷的训练。
import-load = 请导入训练日记（CSV）或训练文件（FIT、TCX、GPX）：
session-rpe = 主观负荷需要分钟数和用力评分；各列见 docs/reference/load.md。
injuries = 伤病
pain = 疼痛
old-plan = 最新的计划由另一版本的 Agoge 制定，无法显示。请重新制定：
no-plan = 资料库中还没有计划。请先写下可用时间和比赛（docs/reference/plan.md），然后运行：

# Comparison of two recordings
compare = 比较
compare-title = 比较两个录像
choose-first = 请在运动员页面选择第一个录像：那里的每个分析都可以与同一动作的另一个分析比较。
no-others = 该动作还没有其他分析。
compare-with = 比较对象：
repetition-count = { $count } 次
score-value = 评分 { $score }
two-movements = 只能比较同一动作的录像。
choose-other = 选择另一个比较对象
two-recordings = { $movement }：两个录像
both-movements = 两个动作
play = 播放
pause = 暂停
time-within = 动作内的时间
speed = 速度
front = 正面
side = 侧面
curve = 曲线
line-key = 实线：第一个。虚线：第二个。
curves-above = 两次动作所选曲线的叠加
left = 左
right = 右
midline = 中线
first = 第一个
second = 第二个
moving-figure = 活动的火柴人
repetition = 第几次
none-complete = 其中一个没有完整的动作。
phase-times = { $phase }：第一个已进行 { $first } 秒，第二个 { $second } 秒。
whole-repetition = 动作

# Judging of repetitions
judge-title = 评判动作次
judge-purpose = 您的评判可以用来训练您自己的模型。这里不显示是谁在做，也不显示程序的结果，以免影响您的判断。
nothing-to-judge = 还没有可评判的内容：上传录像时请选择运动员。
judge-how = 方式
one-by-one = 逐个评判
which-is-better = 两个中哪个更好
figure-one = 一次动作的活动骨架图
figure-other = 另一次动作的活动骨架图
oblique = 斜前方
correct = 正确
not-correct = 不正确
skip = 跳过
back = 返回
left-better = 左边更好
both-alike = 一样好
right-better = 右边更好
label-export = `agoge label export DIR` 把评判写成可供学习的数据集；`agoge adapt` 用它训练模型。
all-compared = 没有可比较的两次动作了。
all-judged = 这里的动作都已评判。
compared-count = 已比较 { $count } 对。
judged-count = 已评判 { $count }/{ $all }。
judgement-lost = 服务器没有正常回应；您最后的评判没有保存。

# Entry from another machine
enter-token = 请输入服务器启动时显示的口令。
token = 口令
enter = 进入
trust-certificate = 若不想再看到浏览器的警告，请核对指纹后信任此证书一次：
certificate = 本机证书
token-limit = 错误的令牌太多：请稍等一分钟。
wrong-token = 令牌不正确。

# Models
models-title = Agoge 自带的模型
trained-on = 训练数据
movements-known = 它认识的动作
measured = 测量方法
limits = 局限
licence = 许可
figures = 数值
figure = 项目
value = 值
